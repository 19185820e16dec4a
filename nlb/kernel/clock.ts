/**
 * Nanoseconds on CLOCK_MONOTONIC, the clock of the kernel's `bpf_ktime_get_ns`: it stands still for nobody, does not
 * follow steps of the wall clock, and does not run while the machine is suspended. Node's own timer reads this clock.
 */
export function monotonicNs(): bigint {
  return process.hrtime.bigint();
}
