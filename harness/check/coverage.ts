import type { HistoryEvent, Watched } from '../history/event.ts';
import { NS_PER_MS, type Span, spanOf, toMs } from './span.ts';
import { type Checker, unknown, type Verdict } from './verdict.ts';

/** Instants are taken by several processes, and a watch ends a moment after the last event. */
const SLACK_NS = 20 * NS_PER_MS;

/** What must have been watched, all of it, for the absence of an event to mean something. */
export interface Sight {
  what: Watched['what'];
  /** LANs for frames, nodes for the rest. */
  where: readonly string[];
}

/**
 * Why the absence of events proves nothing: it was not watched, not all the time, or some was missed.
 * @returns undefined when everything was watched while `during` lasted
 */
export function blindSpot(
  during: readonly HistoryEvent[],
  all: readonly HistoryEvent[],
  { what, where }: Sight,
): string | undefined {
  const span = spanOf(during);
  if (!span) return 'nothing was recorded';
  const watches = all.filter((event): event is Watched => event.kind === 'watched' && event.what === what);
  for (const place of new Set(where)) {
    const problem = gap(
      watches.filter((watch) => watch.where === place),
      span,
    );
    if (problem) return `${what} of ${place} ${problem}`;
  }
  return undefined;
}

function gap(watches: readonly Watched[], span: Span): string | undefined {
  const overlapping = watches.filter((watch) => watch.untilNs >= span.fromNs && watch.atNs <= span.untilNs);
  if (overlapping.length === 0) return 'were not watched';
  const missed = overlapping.reduce((sum, watch) => sum + watch.missed, 0);
  if (missed > 0) return `were watched, but ${missed} were missed`;
  let reachedNs = span.fromNs;
  for (const watch of overlapping.toSorted((one, other) => one.atNs - other.atNs)) {
    if (watch.atNs > reachedNs + SLACK_NS) break;
    reachedNs = Math.max(reachedNs, watch.untilNs);
  }
  if (reachedNs + SLACK_NS >= span.untilNs) return undefined;
  return `were not watched from ${toMs(reachedNs)} on, though events go on to ${toMs(span.untilNs)}`;
}

/**
 * A checker of what comes of everything that was seen until then, such as who holds an address, is sure of nothing once some of
 * it was missed, in whichever test. Whether it was watched at all is the checker's own matter.
 */
export function unlessMissed({ what, where }: Sight, checker: Checker): Checker {
  return (during, all = during) => {
    const verdict = checker(during, all);
    const untilNs = spanOf(during)?.untilNs ?? Number.POSITIVE_INFINITY;
    const isLossy = (event: HistoryEvent): event is Watched =>
      event.kind === 'watched' && event.what === what && where.includes(event.where) && event.missed > 0;
    const lossy = all.filter(isLossy).find(({ atNs }) => atNs <= untilNs);
    if (!lossy || verdict.verdict === 'unknown') return verdict;
    const because = `${what} of ${lossy.where} were watched, but ${lossy.missed} were missed`;
    return unknown(`${because}; otherwise: ${verdict.because}`, [...verdict.evidence, lossy]);
  };
}

/** A verdict that rests on the absence of events: unknown instead, when something was not seen. */
export function unlessBlind(
  during: readonly HistoryEvent[],
  all: readonly HistoryEvent[],
  sights: Sight[],
  verdict: Verdict,
): Verdict {
  for (const sight of sights) {
    const blind = blindSpot(during, all, sight);
    if (blind) return unknown(`${blind}; otherwise: ${verdict.because}`, verdict.evidence);
  }
  return verdict;
}
