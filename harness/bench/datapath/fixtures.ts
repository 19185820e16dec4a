import { WORKLOADS } from './bound.ts';
import type { CostSample, Rate } from './measured.ts';

/** Support for tests: figures to be changed where a test needs it. */

export function sample(but: Partial<CostSample> = {}): CostSample {
  const rest = { servers: 3, services: 1, connections: 0, present: 1, runs: 20_000, floorNs: 50, leastNs: 90, ns: 100 };
  return { workload: 'established', ...rest, ...but };
}

/** The same figure in each workload, at the least and the largest size. */
export function samples(small: Partial<CostSample>, large: Partial<CostSample>): CostSample[] {
  return WORKLOADS.flatMap((workload) => [
    sample({ workload, ...small }),
    sample({ workload, servers: 1000, services: 512, connections: 1_000_000, ...large }),
  ]);
}

/** A trial in which so many thousand packets a second came through. */
export function rate(forwardingPath: string, thousands: number, but: Partial<Rate> = {}): Rate {
  return { forwardingPath, sent: 1000, arrived: [400, 600], misaddressed: 0, tookNs: 1e9 / thousands, ...but };
}
