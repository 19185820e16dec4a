import type { Datapath } from '../datapath/datapath.ts';
import type { FrameRunner } from '../kernel/bpf-test-run.ts';
import type { Size } from './scene.ts';
import type { Situation } from './situations.ts';

/** One cell of the table of costs. Times are medians of single runs, in nanoseconds. */
export interface Cell extends Size {
  situation: Situation['name'];
  /** Connections that were put there beforehand, and are not in use. */
  connections: number;
  /** All that were there when the measuring began, as the table was found to hold. */
  present: number;
  /** Of each program. */
  runs: number;
  floorNs: number;
  ns: number;
}

/** A program that is measured, and the one that does nothing, on frames of their own. */
export interface Pair {
  measured: FrameRunner;
  floor: FrameRunner;
}

/**
 * Run both programs by turns, so that whatever disturbs the machine disturbs both. Throws where the data path did anything
 * else with a frame than what the situation is about: then something else was measured.
 * @param asked runs of each program, or a multiple of that, as the situation wants it
 */
export function measureCell(datapath: Datapath, pair: Pair, situation: Situation, size: Size, asked: number): Measured {
  const runs = asked * situation.times;
  situation.prepare(pair.measured, size);
  const present = datapath.connectionCount();
  const before = datapath.outcomes()[situation.outcome].packets;
  const [floor, measured] = [new Uint32Array(runs), new Uint32Array(runs)];
  for (let run = 0; run < runs; run++) {
    situation.write(pair.measured.frame, run, size);
    floor[run] = pair.floor.run();
    measured[run] = pair.measured.run();
  }
  const counted = Number(datapath.outcomes()[situation.outcome].packets - before);
  if (counted !== runs)
    throw new Error(
      `${situation.name}: ${counted} of ${runs} frames were ${situation.outcome}: not what was to be measured`,
    );
  return { situation: situation.name, ...size, present, runs, floorNs: median(floor), ns: median(measured) };
}

type Measured = Omit<Cell, 'connections'>;

/** The lower of the two in the middle of an even number. Sorts the sample. */
export function median(sample: Uint32Array): number {
  return sample.sort()[Math.ceil(sample.length / 2) - 1] ?? Number.NaN;
}
