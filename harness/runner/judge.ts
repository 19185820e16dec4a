import type { Checker, Verdict } from '../check/verdict.ts';
import type { HistoryEvent } from '../history/event.ts';

export type Word = Verdict['verdict'];
const FROM_WORST: Word[] = ['fail', 'unknown', 'pass'];

/** The verdict of a whole: failed when anything failed, unknown when anything proved nothing, or when there is nothing. */
export function worst(verdicts: Word[]): Word {
  return FROM_WORST.find((word) => verdicts.includes(word)) ?? 'unknown';
}

/** A checker's verdict. One that throws is broken, which proves nothing about the system, and is said. */
export function judge(checker: Checker, during: HistoryEvent[], all: HistoryEvent[]): Verdict {
  try {
    return checker(during, all);
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { verdict: 'unknown', because: `the checker itself broke: ${why}`, evidence: [] };
  }
}
