import type { Datapath } from '../datapath/datapath.ts';
import type { OutcomeName } from '../datapath/program/layout.ts';
import type { FrameRunner } from '../kernel/bpf-test-run.ts';
import { setFlag } from './frames.ts';
import type { Size } from './load-balancer.ts';
import type { Step, Workload } from './workloads.ts';

/**
 * The cost of a packet in one workload at one size. Times are in nanoseconds: the interquartile mean of single runs, or, if several
 * packets are measured together, of their sums.
 */
export interface CostSample extends Size {
  workload: Workload['name'];
  /** Idle connections that were entered beforehand. */
  connections: number;
  /** All connections in the tables when the measurement began. */
  present: number;
  /** Of each program. */
  runs: number;
  floorNs: number;
  leastNs: number;
  ns: number;
}

/** The program that does nothing, the least forwarder and the one that is measured, on frames of their own. */
export type Runners = Record<'floor' | 'least' | 'measured', FrameRunner>;

/**
 * How many connections are opened side by side: between two packets of one come those of all others, as with real round-trip
 * times.
 */
const ROUND_RUNS = 1000;

/**
 * Run all programs alternately, so that a disturbance of the machine affects each. Throws if the data path had other outcomes than
 * the workload is about: then something else was measured.
 * @param asked runs of each program; the workload multiplies them
 */
export function measureCost(
  datapath: Datapath,
  runners: Runners,
  workload: Workload,
  size: Size,
  asked: number,
): Measured {
  const runs = asked * workload.times;
  workload.prepare(feedingBoth(runners), size);
  const present = datapath.connectionCount();
  const before = countsOf(datapath, workload);
  const [floor, least, measured] = [new Uint32Array(runs), new Uint32Array(runs), new Uint32Array(runs)];
  for (const [step, run] of stepsOf(workload, runs)) {
    workload.write(runners.measured.frame, run, size);
    setFlag(runners.measured.frame, step.flag);
    runners.least.frame.set(runners.measured.frame);
    add(floor, run, step, runners.floor.run());
    add(least, run, step, runners.least.run());
    add(measured, run, step, runners.measured.run());
  }
  checkCounts(workload, runs, before, countsOf(datapath, workload));
  const means = {
    floorNs: interquartileMean(floor),
    leastNs: interquartileMean(least),
    ns: interquartileMean(measured),
  };
  return { workload: workload.name, ...size, present, runs, ...means };
}

type Measured = Omit<CostSample, 'connections'>;

/** Gives the least forwarder every frame that the data path gets. */
function feedingBoth({ measured, least }: Runners): FrameRunner {
  const run = (): number => {
    least.frame.set(measured.frame);
    least.run();
    return measured.run();
  };
  return { frame: measured.frame, run };
}

function* stepsOf({ steps }: Workload, runs: number): Generator<readonly [Step, number]> {
  for (let from = 0; from < runs; from += ROUND_RUNS)
    for (const step of steps) for (let run = from; run < Math.min(from + ROUND_RUNS, runs); run++) yield [step, run];
}

function add(sums: Uint32Array, run: number, { measured }: Step, tookNs: number): void {
  if (measured) sums[run] = (sums[run] ?? 0) + tookNs;
}

/** If three half-open connections meet in a group, which has rows for two, one of them begins twice. Of a thousand side by side none does, mostly. */
const MOST_UNEXPECTED = 0.001;

type Counts = Map<OutcomeName, number>;

const wantedOf = ({ steps }: Workload): Counts =>
  new Map([...Map.groupBy(steps, ({ outcome }) => outcome)].map(([outcome, of]) => [outcome, of.length]));

function countsOf(datapath: Datapath, workload: Workload): Counts {
  const outcomes = datapath.outcomes();
  return new Map([...wantedOf(workload).keys()].map((outcome) => [outcome, Number(outcomes[outcome].packets)]));
}

function checkCounts(workload: Workload, runs: number, before: Counts, after: Counts): void {
  for (const [outcome, packets] of wantedOf(workload)) {
    const counted = (after.get(outcome) ?? 0) - (before.get(outcome) ?? 0);
    const expected = packets * runs;
    if (Math.abs(counted - expected) > expected * MOST_UNEXPECTED)
      throw new Error(
        `${workload.name}: ${counted} of ${expected} frames were ${outcome}: not what was to be measured`,
      );
  }
}

/**
 * The mean of the middle half of the sample. As robust against outliers as the median, but finer than the clock, which has steps of
 * 10 ns on some machines. Sorts the sample.
 */
export function interquartileMean(sample: Uint32Array): number {
  const quarter = Math.floor(sample.length / 4);
  const half = sample.sort().subarray(quarter, sample.length - quarter);
  return half.reduce((sum, each) => sum + each, 0) / half.length;
}
