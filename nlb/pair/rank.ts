import type { Standing } from './beat.ts';

/** A node's standing, and the tie-breaker: whether its access address is the lower of the two. */
export type Candidate = Standing & { lowerAddress: boolean };

/** The higher is the fitter. */
export const FITNESS = { out: 0, poor: 1, fit: 2 };

/**
 * Whether `a` leads rather than `b`. In this order: the one that can serve; the one that did not just resign; the one that
 * meets more reach targets; the one that leads already; the configured primary; the lower address. Both nodes compute the same from the same standings.
 */
export function outranks(a: Candidate, b: Candidate): boolean {
  const order =
    FITNESS[a.fitness] - FITNESS[b.fitness] ||
    Number(b.resigned) - Number(a.resigned) ||
    a.targetsMet - b.targetsMet ||
    Number(a.state === 'active') - Number(b.state === 'active') ||
    Number(a.primary) - Number(b.primary) ||
    Number(a.lowerAddress) - Number(b.lowerAddress);
  return order > 0;
}
