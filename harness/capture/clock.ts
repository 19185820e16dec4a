import { callKernel } from './libc.ts';

const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;
const CLOCK_BOOTTIME = 7;
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
 */
export const realtimeMinusMonotonicNs = (): bigint => aheadOfMonotonicNs(CLOCK_REALTIME);

/**
 * How far CLOCK_BOOTTIME, in which /proc/uptime is written, is ahead of CLOCK_MONOTONIC now, in nanoseconds: for how long this
 * machine was suspended since its start. Subtract it from what was stamped since it last woke.
 */
export const boottimeMinusMonotonicNs = (): bigint => aheadOfMonotonicNs(CLOCK_BOOTTIME);

/**
 * Each sample reads one clock between two readings of the other; the tightest pair is the one that was interrupted least, and
 * its middle is the best guess.
 */
function aheadOfMonotonicNs(clock: number): bigint {
  let tightestNs: bigint | undefined;
  let offsetNs = 0n;
  for (let bracket = 0; bracket < BRACKETS; bracket++) {
    const before = readClock(CLOCK_MONOTONIC);
    const read = readClock(clock);
    const after = readClock(CLOCK_MONOTONIC);
    if (tightestNs !== undefined && after - before >= tightestNs) continue;
    tightestNs = after - before;
    offsetNs = read - (before + after) / 2n;
  }
  return offsetNs;
}
