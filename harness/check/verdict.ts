import type { HistoryEvent } from '../history/event.ts';

/** What a checker found: `because` in words, with the few events that show it. */
export interface Verdict {
  /** `unknown`: nothing was observed that could tell. Never a pass. */
  verdict: 'pass' | 'fail' | 'unknown';
  because: string;
  evidence: HistoryEvent[];
}

/**
 * A pure function of the history. `during` is what is judged, in order of time; `all`, when given, is everything since the
 * lab was made, for what was so before: who held an address, what was watched.
 */
export type Checker = (during: readonly HistoryEvent[], all?: readonly HistoryEvent[]) => Verdict;

/** More than this shows nothing more. */
const MOST_EVIDENCE = 20;

function verdictOf(verdict: Verdict['verdict'], because: string, evidence: readonly HistoryEvent[]): Verdict {
  return { verdict, because, evidence: evidence.slice(0, MOST_EVIDENCE) };
}

export function pass(because: string, evidence: readonly HistoryEvent[] = []): Verdict {
  return verdictOf('pass', because, evidence);
}

export function fail(because: string, evidence: readonly HistoryEvent[] = []): Verdict {
  return verdictOf('fail', because, evidence);
}

export function unknown(because: string, evidence: readonly HistoryEvent[] = []): Verdict {
  return verdictOf('unknown', because, evidence);
}
