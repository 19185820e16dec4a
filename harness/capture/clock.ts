import { callKernel } from './libc.ts';

const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;
const BRACKETS = 64;

const time = new BigInt64Array(2);

/** One reading of a clock of clock_gettime(2), in nanoseconds. */
function readClock(clock: number): bigint {
  callKernel('clock_gettime', `clock ${clock}`, clock, time);
  return (time[0] ?? 0n) * 1_000_000_000n + (time[1] ?? 0n);
}

/**
 * How far CLOCK_REALTIME is ahead of CLOCK_MONOTONIC now, in nanoseconds. Subtract it from a kernel time stamp to move
 * that onto the monotonic clock. The wall clock may be stepped or slewed: sample again for each batch of frames.
 *
 * Each sample reads the wall clock between two readings of the other; the tightest pair is the one that was interrupted
 * least, and its middle is the best guess.
 */
export function realtimeMinusMonotonicNs(): bigint {
  let tightestNs: bigint | undefined;
  let offsetNs = 0n;
  for (let bracket = 0; bracket < BRACKETS; bracket++) {
    const before = readClock(CLOCK_MONOTONIC);
    const real = readClock(CLOCK_REALTIME);
    const after = readClock(CLOCK_MONOTONIC);
    if (tightestNs !== undefined && after - before >= tightestNs) continue;
    tightestNs = after - before;
    offsetNs = real - (before + after) / 2n;
  }
  return offsetNs;
}
