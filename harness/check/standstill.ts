import type { HistoryEvent } from '../history/event.ts';
import { NS_PER_MS } from './span.ts';

/**
 * The one place where time is held against an upper bound. What the machine stood still counts for nobody, for nobody could have
 * done anything; so every bound ends as much later as it stood still until then. Lower bounds and timers that must be over are
 * no matter of this: a clock goes on meanwhile.
 * @param all in order of time
 * @returns the last instant that is within the bound
 */
export function dueNs(all: readonly HistoryEvent[], fromNs: number, boundMs: number): number {
  let latestNs = fromNs + boundMs * NS_PER_MS;
  for (const event of all) {
    if (event.kind !== 'standstill' || event.untilNs <= fromNs) continue;
    if (event.atNs > latestNs) break;
    latestNs += event.untilNs - Math.max(event.atNs, fromNs);
  }
  return latestNs;
}

/** Whether what began and ended then took no longer than the bound. */
export const isWithin = (all: readonly HistoryEvent[], fromNs: number, untilNs: number, boundMs: number): boolean =>
  untilNs <= dueNs(all, fromNs, boundMs);

/** How much of that time the machine ran: for the words of a verdict. */
export function ranNs(all: readonly HistoryEvent[], fromNs: number, untilNs: number): number {
  let stoodNs = 0;
  for (const event of all) {
    if (event.kind !== 'standstill') continue;
    stoodNs += Math.max(0, Math.min(untilNs, event.untilNs) - Math.max(fromNs, event.atNs));
  }
  return untilNs - fromNs - stoodNs;
}

/** All that these need of a history, for those who ask them often. */
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
