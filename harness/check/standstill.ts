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

/** All that ranNs() needs of a history, for those who ask it often. */
export const standstillsIn = (all: readonly HistoryEvent[]): HistoryEvent[] =>
  all.filter(({ kind }) => kind === 'standstill');

/** Whoever is held up by a standstill reads what happened in it so soon after its end. */
const CAUGHT_UP_NS = 1_000_000;

/** The earliest instant at which what was read then may have happened: the beginning of the standstill that it was read in or just after. */
export function happenedAfterNs(all: readonly HistoryEvent[], readNs: number): number {
  let earliestNs = readNs;
  for (const event of all.toReversed()) {
    if (event.kind !== 'standstill' || event.atNs >= earliestNs) continue;
    if (event.untilNs >= earliestNs - CAUGHT_UP_NS) earliestNs = event.atNs;
  }
  return earliestNs;
}
