import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import path from 'node:path';
import { workerData } from 'node:worker_threads';
import { ROWS } from './metronome.ts';

/** The metronome's thread; see there. It makes nothing while it beats, so that nothing of its own holds it up. */
const { words, over } = workerData as { words: BigInt64Array; over: Int32Array };

const PERIOD_MS = 4;
/** A wake that is late by less is an ordinary one. */
const LATE_NS = 2_000_000n;
/** Above everything that is measured, and all that measures. */
const PRIORITY = '30';

const own = path.basename(readlinkSync('/proc/thread-self'));
const isUrgent = spawnSync('chrt', ['--fifo', '--pid', PRIORITY, own]).status === 0;
let wokeNs = process.hrtime.bigint();
let count = 0;

while (isUrgent && Atomics.wait(over, 0, 0, PERIOD_MS) === 'timed-out') {
  const nowNs = process.hrtime.bigint();
  if (nowNs - wokeNs > BigInt(PERIOD_MS) * 1_000_000n + LATE_NS) {
    words.set([wokeNs, nowNs], 1 + 2 * (count % ROWS));
    Atomics.store(words, 0, BigInt(++count));
  }
  wokeNs = nowNs;
}
