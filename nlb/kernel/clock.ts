import { clockGettime } from './libc.ts';

/**
 * Nanoseconds on CLOCK_MONOTONIC, the clock of the kernel's `bpf_ktime_get_ns`: it stands still for nobody, does not
 * follow steps of the wall clock, and does not run while the machine is suspended. Node's own timer reads this clock.
 */
export function monotonicNs(): bigint {
  return process.hrtime.bigint();
}

const CLOCK_BOOTTIME = 7;
const NS_PER_SECOND = 1_000_000_000n;
const time = new BigInt64Array(2);

/** Nanoseconds on CLOCK_BOOTTIME, that of `bpf_ktime_get_boot_ns`: as above, but it goes on while the machine is suspended. */
export function bootNs(): bigint {
  clockGettime(CLOCK_BOOTTIME, time);
  const [seconds = 0n, nanoseconds = 0n] = time;
  return seconds * NS_PER_SECOND + nanoseconds;
}

let knownNs = 0n;
/** Two looks that are no further apart say enough. A thread that is held up between them looks again. */
const CLOSE_NS = 50_000n;

/**
 * By how much CLOCK_BOOTTIME is ahead of CLOCK_MONOTONIC: for how long this machine has been suspended since it was started.
 * In the kernel that is a number that only a resume changes, so two calls give the same one unless one lies between them.
 */
export function suspendedNs(): bigint {
  for (;;) {
    const beforeNs = monotonicNs();
    const nowNs = bootNs();
    const [leastNs, mostNs] = [nowNs - monotonicNs(), nowNs - beforeNs];
    if (knownNs >= leastNs && knownNs <= mostNs) return knownNs;
    if (mostNs - leastNs > CLOSE_NS) continue;
    knownNs = leastNs > 0n ? leastNs : 0n;
    return knownNs;
  }
}
