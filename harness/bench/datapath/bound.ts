import { type Judgement, judged, notMeasured } from '../judgement.ts';
import { summarise } from '../summary.ts';
import type { CostSample, Figures, Rate } from './measured.ts';

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
export const WORKLOADS: readonly CostSample['workload'][] = [
  'established',
  'round-robin',
  'new',
  'first ACK',
  'short',
  'flood',
];

/** All bounds, each with what was found. */
export function judge({ samples, rates }: Figures): Judgement[] {
  const enough = samples.filter(({ runs }) => runs >= LEAST_RUNS);
  return [
    judgeEstablished(enough),
    judgeFirstAck(enough),
    ...WORKLOADS.map((workload) => judgeSize(enough, workload)),
    judgeRates(rates),
  ];
}

/** Nanoseconds above what running any program costs. */
export const aboveFloor = ({ floorNs, leastNs, ns }: CostSample): { least: number; cost: number } => ({
  least: leastNs - floorNs,
  cost: ns - floorNs,
});

interface Comparison {
  /** Nanoseconds above the floor. */
  ns: number;
  againstNs: number;
  size: typeof SMALL;
}

function judgeEstablished(samples: readonly CostSample[]): Judgement {
  const words = `an established flow costs at most ${ESTABLISHED_FACTOR} times the least forwarder's, above the floor, at every size`;
  const established = samples.filter(({ workload }) => workload === 'established');
  const compared = established.map((size) => ({ ns: aboveFloor(size).cost, againstNs: aboveFloor(size).least, size }));
  return judgeWorst(words, compared, ESTABLISHED_FACTOR);
}

function judgeFirstAck(samples: readonly CostSample[]): Judgement {
  const words = `a first ACK costs at most ${FIRST_ACK_FACTOR} times a SYN, above the floor, at every size`;
  const compared = samples.flatMap((size) => {
    const syn = size.workload === 'first ACK' ? find(samples, 'new', size) : undefined;
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

function judgeSize(samples: readonly CostSample[], workload: CostSample['workload']): Judgement {
  const words = `${workload}: ${sizeOf(LARGE)} cost at most ${SIZE_FACTOR} times ${sizeOf(SMALL)}`;
  const [small, large] = [SMALL, LARGE].map((size) => find(samples, workload, size));
  if (!small || !large) return notMeasured(words, NO_RUNS);
  const detail = `${large.ns.toFixed(0)} ns against ${small.ns.toFixed(0)} ns`;
  return judged(words, large.ns / small.ns, (figure) => figure <= SIZE_FACTOR, detail);
}

function find(
  samples: readonly CostSample[],
  workload: CostSample['workload'],
  size: typeof SMALL,
): CostSample | undefined {
  return samples.find((sample) => sample.workload === workload && sizeOf(sample) === sizeOf(size));
}

function judgeRates(rates: readonly Rate[]): Judgement {
  const words = `XDP carries at least ${NFTABLES_FACTOR} times the packets of nftables`;
  const misaddressed = rates.filter((rate) => rate.misaddressed > 0);
  if (misaddressed.length > 0)
    return notMeasured(words, `frames arrived that were addressed to no server, by ${misaddressed[0]?.forwardingPath}`);
  const [xdp, nftables] = ['xdp', 'nftables'].map((forwardingPath) =>
    rates.filter((rate) => rate.forwardingPath === forwardingPath),
  );
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
