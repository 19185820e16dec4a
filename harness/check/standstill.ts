import type { HistoryEvent } from '../history/event.ts';
import { NS_PER_MS } from './span.ts';

/** Time that was lost for everybody; sorted, and none at the same time as another. */
export class Losses {
  private readonly spans: readonly Lost[];

  constructor(all: readonly HistoryEvent[]) {
    this.spans = all.flatMap(lostIn);
  }

  /** What ends after that instant, in order. */
  *after(ns: number): Generator<Lost> {
    let [low, high] = [0, this.spans.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.spans[middle]?.untilNs ?? 0) > ns) high = middle;
      else low = middle + 1;
    }
    for (let index = low; index < this.spans.length; index++) yield this.spans[index] as Lost;
  }
}

/** Of a span of time such a share, from 0 to 1. */
interface Lost {
  atNs: number;
  untilNs: number;
  share: number;
}

/** All while the machine stood still; as much as a node waited for a processor that others had. */
function lostIn(event: HistoryEvent): Lost[] {
  if (event.kind === 'standstill') return [{ ...event, share: 1 }];
  if (event.kind !== 'starved' || event.untilNs <= event.atNs) return [];
  return [{ ...event, share: Math.min(1, event.forNs / (event.untilNs - event.atNs)) }];
}

/** For who asks once, and for who asks often and has looked for them before. */
type WithLosses = readonly HistoryEvent[] | Losses;

/** Of histories that were asked about. One that is still written grows, and is looked through anew then. */
const found = new WeakMap<readonly HistoryEvent[], { events: number; losses: Losses }>();

function lossesIn(all: WithLosses): Losses {
  if (all instanceof Losses) return all;
  const known = found.get(all);
  if (known?.events === all.length) return known.losses;
  const losses = new Losses(all);
  found.set(all, { events: all.length, losses });
  return losses;
}

/**
 * The one place where time is held against an upper bound. Time in which the machine stood still counts for nobody, for nobody could
 * have done anything, and neither does what a node waited for a processor, for it could not; so every bound ends as much later as was
 * lost until then. Lower bounds and timers that must be over are no matter of this: a clock goes on meanwhile.
 * @param all in order of time
 * @returns the last instant that is within the bound
 */
export function dueNs(all: WithLosses, fromNs: number, boundMs: number): number {
  let latestNs = fromNs + boundMs * NS_PER_MS;
  for (const { atNs, untilNs, share } of lossesIn(all).after(fromNs)) {
    const beginsNs = Math.max(atNs, fromNs);
    const leftNs = latestNs - beginsNs;
    if (leftNs < 0) break;
    const lastsNs = untilNs - beginsNs;
    if (leftNs < lastsNs * (1 - share)) return beginsNs + leftNs / (1 - share);
    latestNs += lastsNs * share;
  }
  return latestNs;
}

/** Whether what began and ended then took no longer than the bound. */
export const isWithin = (all: WithLosses, fromNs: number, untilNs: number, boundMs: number): boolean =>
  untilNs - fromNs <= boundMs * NS_PER_MS || untilNs <= dueNs(all, fromNs, boundMs);

/** How much of that time was not lost: for the words of a verdict. */
export function ranNs(all: WithLosses, fromNs: number, untilNs: number): number {
  let leftNs = untilNs - fromNs;
  for (const lost of lossesIn(all).after(fromNs)) {
    if (lost.atNs >= untilNs) break;
    leftNs -= Math.max(0, Math.min(untilNs, lost.untilNs) - Math.max(fromNs, lost.atNs)) * lost.share;
  }
  return leftNs;
}

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
