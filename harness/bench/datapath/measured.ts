import { z } from 'zod';
import { figuresOf } from '../program-lines.ts';

/** What the load balancer's own measuring programs print, one JSON object a line. */

const count = z.number().int().nonnegative();

/**
 * Middles of single runs, in nanoseconds: of a program that does nothing and, alternately with it, of the least forwarder and
 * of the data path.
 */
const CostSample = z.object({
  workload: z.enum(['established', 'round-robin', 'new', 'first ACK', 'short', 'flood']),
  servers: count,
  services: count,
  /** Put there beforehand. */
  connections: count,
  /** All that the table was found to hold when the measuring began. */
  present: count,
  /** Of each program. */
  runs: count,
  floorNs: z.number().positive(),
  leastNs: z.number().positive(),
  ns: z.number().positive(),
});
export type CostSample = z.infer<typeof CostSample>;

/** One trial of a forwarding path through the load balancer: frames sent, and where they arrived. */
const Rate = z.object({
  forwardingPath: z.string(),
  sent: count,
  /** At each server. */
  arrived: z.array(count),
  /** Addressed to no server. */
  misaddressed: count,
  tookNs: z.number().positive(),
});
export type Rate = z.infer<typeof Rate>;

/** A forwarding path that cannot be measured, and why. */
const Missing = z.object({ forwardingPath: z.string(), missing: z.string() });
export type Missing = z.infer<typeof Missing>;

/** The figures of one run. */
export interface Figures {
  samples: CostSample[];
  rates: Rate[];
  missing: Missing[];
}

/** Words of the two programs' command lines. */
export interface Extent {
  cost: string[];
  rate: string[];
}

/**
 * Runs both programs, one after the other, each in network namespaces of its own.
 * @param expects called by each of them with how many figures it will give, at most
 * @throws when one of them fails
 */
export async function* measureDatapath(
  { cost, rate }: Extent,
  expects: (figures: number) => void = () => {},
): AsyncGenerator<CostSample | Rate | Missing> {
  for await (const figure of figuresOf('cost.ts', cost, expects)) yield CostSample.parse(figure);
  for await (const figure of figuresOf('rate.ts', rate, expects)) yield z.union([Rate, Missing]).parse(figure);
}
