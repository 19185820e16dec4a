import type { Standing } from './beat.ts';
import type { BadlyServed } from './extension.ts';

/**
 * A node's standing, how well it serves where both say so, and the tie-breaker: whether its access address is the lower of the
 * two.
 */
export type Candidate = Standing & { lowerAddress: boolean; services?: BadlyServed | undefined };

/** The higher is the fitter. */
export const FITNESS = { out: 0, poor: 1, fit: 2 };

/**
 * Positive where `a` serves better: fewer services are dead; or as many, and fewer have to do with half of their servers. A peer
 * that does not say is taken for one that serves as well.
 */
export function compareServed(a: BadlyServed | undefined, b: BadlyServed | undefined): number {
  return a && b ? b.dead - a.dead || b.scarce - a.scarce : 0;
}

/**
 * Whether `a` leads rather than `b`. In this order: the one that can serve; the one that did not just resign; the one that
 * meets more reach targets; the one that serves better; the one that leads already; the configured primary; the lower address. Both nodes compute the same from the same standings.
 */
export function outranks(a: Candidate, b: Candidate): boolean {
  const order =
    FITNESS[a.fitness] - FITNESS[b.fitness] ||
    Number(b.resigned) - Number(a.resigned) ||
    a.targetsMet - b.targetsMet ||
    compareServed(a.services, b.services) ||
    Number(a.state === 'active') - Number(b.state === 'active') ||
    Number(a.primary) - Number(b.primary) ||
    Number(a.lowerAddress) - Number(b.lowerAddress);
  return order > 0;
}
