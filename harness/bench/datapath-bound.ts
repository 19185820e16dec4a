import type { Cell, Figures, Rate } from './datapath-measured.ts';
import { summarise } from './summary.ts';

/** What was found of one bound. `figure` is a ratio of what was measured in one and the same run. */
export interface Judgement {
  words: string;
  verdict: 'kept' | 'missed' | 'not measured';
  figure?: number;
  /** Where the figure comes from, or why there is none. */
  detail: string;
}

/** Of single runs, below which a middle says too little. */
const LEAST_RUNS = 20_000;
const LEAST_TRIALS = 3;
/** An established flow, in costs of the least forwarder. */
const ESTABLISHED_FACTOR = 1.5;
/** The first ACK, which opens a connection, in costs of the SYN before it. */
const FIRST_ACK_FACTOR = 0.8;
/** What a load balancer with much to look after may cost, in costs of one with little. */
const SIZE_FACTOR = 1.5;
const NFTABLES_FACTOR = 1.5;
const SMALL = { servers: 3, services: 1, connections: 0 };
const LARGE = { servers: 1000, services: 512, connections: 1_000_000 };
export const SITUATIONS: readonly Cell['situation'][] = [
  'established',
  'in turn',
  'new',
  'first ACK',
  'short',
  'flood',
];

/** All bounds, each with what was found. */
export function judge({ cells, rates }: Figures): Judgement[] {
  const enough = cells.filter(({ runs }) => runs >= LEAST_RUNS);
  return [
    judgeEstablished(enough),
    judgeFirstAck(enough),
    ...SITUATIONS.map((situation) => judgeSize(enough, situation)),
    judgeRates(rates),
  ];
}

/** Nanoseconds above what running any program costs. */
export const aboveFloor = ({ floorNs, leastNs, ns }: Cell): { least: number; cost: number } => ({
  least: leastNs - floorNs,
  cost: ns - floorNs,
});

interface Comparison {
  /** Nanoseconds above the floor. */
  ns: number;
  againstNs: number;
  size: typeof SMALL;
}

function judgeEstablished(cells: readonly Cell[]): Judgement {
  const words = `an established flow costs at most ${ESTABLISHED_FACTOR} times the least forwarder's, above the floor, at every size`;
  const established = cells.filter(({ situation }) => situation === 'established');
  const compared = established.map((size) => ({ ns: aboveFloor(size).cost, againstNs: aboveFloor(size).least, size }));
  return judgeWorst(words, compared, ESTABLISHED_FACTOR);
}

function judgeFirstAck(cells: readonly Cell[]): Judgement {
  const words = `a first ACK costs at most ${FIRST_ACK_FACTOR} times a SYN, above the floor, at every size`;
  const compared = cells.flatMap((size) => {
    const syn = size.situation === 'first ACK' ? find(cells, 'new', size) : undefined;
    return syn ? [{ ns: aboveFloor(size).cost, againstNs: aboveFloor(syn).cost, size }] : [];
  });
  return judgeWorst(words, compared, FIRST_ACK_FACTOR);
}

const ratioOf = ({ ns, againstNs }: Comparison): number => ns / againstNs;

function judgeWorst(words: string, compared: readonly Comparison[], most: number): Judgement {
  const worst = compared.toSorted((one, other) => ratioOf(other) - ratioOf(one))[0];
  if (!worst) return notMeasured(words, NO_RUNS);
  const detail = `${worst.ns.toFixed(0)} ns against ${worst.againstNs.toFixed(0)} ns at ${sizeOf(worst.size)}`;
  return judged(words, ratioOf(worst), (figure) => figure <= most, detail);
}

const NO_RUNS = `no middles of ${LEAST_RUNS} runs`;

const sizeOf = ({ servers, services, connections }: typeof SMALL): string =>
  `${servers} servers, ${services} services, ${connections} connections`;

function judgeSize(cells: readonly Cell[], situation: Cell['situation']): Judgement {
  const words = `${situation}: ${sizeOf(LARGE)} cost at most ${SIZE_FACTOR} times ${sizeOf(SMALL)}`;
  const [small, large] = [SMALL, LARGE].map((size) => find(cells, situation, size));
  if (!small || !large) return notMeasured(words, NO_RUNS);
  const detail = `${large.ns.toFixed(0)} ns against ${small.ns.toFixed(0)} ns`;
  return judged(words, large.ns / small.ns, (figure) => figure <= SIZE_FACTOR, detail);
}

function find(cells: readonly Cell[], situation: Cell['situation'], size: typeof SMALL): Cell | undefined {
  return cells.find((cell) => cell.situation === situation && sizeOf(cell) === sizeOf(size));
}

function judgeRates(rates: readonly Rate[]): Judgement {
  const words = `XDP carries at least ${NFTABLES_FACTOR} times the packets of nftables`;
  const astray = rates.filter((rate) => rate.astray > 0);
  if (astray.length > 0)
    return notMeasured(words, `frames arrived that were addressed to no server, by ${astray[0]?.way}`);
  const [xdp, nftables] = ['xdp', 'nftables'].map((way) => rates.filter((rate) => rate.way === way));
  if (!xdp || !nftables || Math.min(xdp.length, nftables.length) < LEAST_TRIALS)
    return notMeasured(words, `fewer than ${LEAST_TRIALS} trials of each`);
  const figure = medianRate(xdp) / medianRate(nftables);
  const detail = `medians ${thousands(medianRate(xdp))} and ${thousands(medianRate(nftables))} thousand a second`;
  return judged(words, figure, (factor) => factor >= NFTABLES_FACTOR, detail);
}

export const arrivedAt = ({ arrived }: Rate): number => arrived.reduce((sum, frames) => sum + frames, 0);
/** Frames that reached a server, a second. */
export const packetsPerSecond = (rate: Rate): number => (arrivedAt(rate) * 1e9) / rate.tookNs;
const medianRate = (rates: readonly Rate[]): number => summarise(rates.map(packetsPerSecond)).median;
export const thousands = (packets: number): string => (packets / 1000).toFixed(0);

function judged(words: string, figure: number, keeps: (figure: number) => boolean, detail: string): Judgement {
  return { words, verdict: keeps(figure) ? 'kept' : 'missed', figure, detail };
}

const notMeasured = (words: string, detail: string): Judgement => ({ words, verdict: 'not measured', detail });
