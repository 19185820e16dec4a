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

/** Of single runs, below which a median says too little. */
const LEAST_RUNS = 20_000;
const LEAST_TRIALS = 3;
/** An established flow, in costs of a program that does nothing. */
const ESTABLISHED_FLOORS = 2.3;
/** What a load balancer with much to look after may cost, in costs of one with little. */
const SIZE_FACTOR = 1.5;
const NFTABLES_FACTOR = 1.5;
const SMALL = { servers: 3, services: 1, connections: 0 };
const LARGE = { servers: 1000, services: 512, connections: 1_000_000 };
const SITUATIONS: Cell['situation'][] = ['established', 'in turn', 'new', 'flood'];

/** All bounds, each with what was found. */
export function judge({ cells, rates }: Figures): Judgement[] {
  return [judgeEstablished(cells), ...SITUATIONS.map((situation) => judgeSize(cells, situation)), judgeRates(rates)];
}

function judgeEstablished(cells: readonly Cell[]): Judgement {
  const words = `an established flow costs at most ${ESTABLISHED_FLOORS} times the floor, at every size`;
  const measured = cells.filter(({ situation, runs }) => situation === 'established' && runs >= LEAST_RUNS);
  const worst = measured.toSorted((one, other) => inFloors(other) - inFloors(one))[0];
  if (!worst) return notMeasured(words, `no medians of ${LEAST_RUNS} runs`);
  const detail = `${worst.ns} ns against ${worst.floorNs} ns at ${sizeOf(worst)}`;
  return judged(words, inFloors(worst), (figure) => figure <= ESTABLISHED_FLOORS, detail);
}

export const inFloors = ({ ns, floorNs }: Cell): number => ns / floorNs;

const sizeOf = ({ servers, services, connections }: typeof SMALL): string =>
  `${servers} servers, ${services} services, ${connections} connections`;

function judgeSize(cells: readonly Cell[], situation: Cell['situation']): Judgement {
  const words = `${situation}: ${sizeOf(LARGE)} cost at most ${SIZE_FACTOR} times ${sizeOf(SMALL)}`;
  const [small, large] = [SMALL, LARGE].map((size) => find(cells, situation, size));
  if (!small || !large) return notMeasured(words, `no medians of ${LEAST_RUNS} runs`);
  return judged(words, large.ns / small.ns, (figure) => figure <= SIZE_FACTOR, `${large.ns} ns against ${small.ns} ns`);
}

function find(cells: readonly Cell[], situation: Cell['situation'], size: typeof SMALL): Cell | undefined {
  return cells.find((cell) => cell.situation === situation && cell.runs >= LEAST_RUNS && sizeOf(cell) === sizeOf(size));
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
