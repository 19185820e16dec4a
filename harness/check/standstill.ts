import type { HistoryEvent } from '../history/event.ts';

/**
 * How much of that time the machine ran: what it stood still of it counts for nobody, for nobody could have done anything.
 * Bounds of a few milliseconds are held against this.
 */
export function ranNs(all: readonly HistoryEvent[], fromNs: number, untilNs: number): number {
  let stoodNs = 0;
  for (const event of all) {
    if (event.kind !== 'standstill') continue;
    stoodNs += Math.max(0, Math.min(untilNs, event.untilNs) - Math.max(fromNs, event.atNs));
  }
  return untilNs - fromNs - stoodNs;
}
