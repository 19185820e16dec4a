import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import path from 'node:path';
import { workerData } from 'node:worker_threads';
import { ROWS } from './spans.ts';

/** The thread's side of `spans.ts`. */
const { words, over } = workerData as { words: BigInt64Array; over: Int32Array };

/** Above everything that is measured, and all that measures. */
const PRIORITY = '30';

let count = 0;

/** Gives this thread real-time priority. @returns false where that is refused: then its own wakes prove nothing */
export function beUrgent(): boolean {
  const own = path.basename(readlinkSync('/proc/thread-self'));
  return spawnSync('chrt', ['--fifo', '--pid', PRIORITY, own]).status === 0;
}

/** Waits for so long. @returns whether the thread is to go on */
export const waits = (ms: number): boolean => Atomics.wait(over, 0, 0, ms) === 'timed-out';

/** Makes nothing that would have to be collected. */
export function record(fromNs: bigint, untilNs: bigint): void {
  words[1 + 2 * (count % ROWS)] = fromNs;
  words[2 + 2 * (count % ROWS)] = untilNs;
  Atomics.store(words, 0, BigInt(++count));
}
