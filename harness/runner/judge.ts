import type { CheckResult } from '../../reports/run-report.ts';
import { type Claim, verdictOn } from '../check/claim.ts';
import type { Span } from '../check/span.ts';
import type { Verdict } from '../check/verdict.ts';
import type { HistoryEvent } from '../history/event.ts';
import { describeEvent } from './describe.ts';

export type Word = Verdict['verdict'];
const FROM_WORST: Word[] = ['fail', 'unknown', 'pass'];

/** How many events a report shows of those that a verdict rests on. */
const SHOWN_EVENTS = 12;

/** The verdict of a whole: failed when anything failed, unknown when anything proved nothing, or when there is nothing. */
export function worst(verdicts: Word[]): Word {
  return FROM_WORST.find((word) => verdicts.includes(word)) ?? 'unknown';
}

/** The verdict on a claim. A checker that throws is broken, which proves nothing about the system, and is said. */
export function judge(claim: Claim, during: readonly HistoryEvent[], all: readonly HistoryEvent[]): Verdict {
  try {
    return verdictOn(claim, during, all);
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { verdict: 'unknown', because: `the checker itself broke: ${why}`, evidence: [] };
  }
}

/** What a test claims of what was seen since it was at rest, and until it ended. */
export interface Claimed {
  title: string;
  span: Span;
  claims: Record<string, Claim>;
}

/** A claim with its verdict. A claim is never skipped: what is not to be judged is not claimed. */
export type Judged = CheckResult & { verdict: Word };

/**
 * Judges what a test claims.
 * @param all what was recorded when it ended, in order of time
 * @param other gives the history of another lab, by its folder
 */
export function judgeClaims(
  { span, claims }: Claimed,
  all: readonly HistoryEvent[],
  other: (folder: string) => HistoryEvent[],
): Judged[] {
  const during = all.filter(({ atNs }) => atNs >= span.fromNs);
  return Object.entries(claims).map(([name, claim]) => {
    if (claim.history === undefined) return shown(name, judge(claim, during, all));
    const there = other(claim.history);
    return shown(name, judge(claim, there, there));
  });
}

/** A verdict as reports show it. */
export const shown = (name: string, { verdict, because, evidence }: Verdict): Judged => ({
  name,
  verdict,
  because,
  evidence: shownEvents(evidence),
});

export const shownEvents = (events: readonly HistoryEvent[]): string[] =>
  events.slice(0, SHOWN_EVENTS).map(describeEvent);

/** The verdict of a test, and the claim that decides it. */
export function verdictOfTest(checks: Judged[]): { verdict: Word; because: string } {
  const verdict = worst(checks.map((check) => check.verdict));
  const decisive = checks.find((check) => check.verdict === verdict);
  return { verdict, because: decisive ? `${decisive.name}: ${decisive.because}` : 'the test claimed nothing' };
}
