/**
 * A pass that fails is run again from what is really there, so one that fails now and then is no news. One that fails for this
 * long, ten times in a row, has something in its way that stays: verdicts on servers no longer reach the tables.
 */
export const FAILING_MS = 1000;

export interface PassWatch {
  succeeded(atMs: number): void;
  failed(text: string, atMs: number): void;
  /** What the pass says, once it has failed for so long. */
  failure(): string | undefined;
}

/** @param changed called when passes have begun to fail for good, and when they succeed again */
export function watchPasses(changed: (change: { failing: boolean; why: string; forMs: number }) => void): PassWatch {
  let failing: { sinceMs: number; why: string; notified: boolean } | undefined;
  return {
    succeeded: (atMs) => {
      if (failing?.notified) changed({ failing: false, why: failing.why, forMs: Math.round(atMs - failing.sinceMs) });
      failing = undefined;
    },
    failed: (why, atMs) => {
      const { sinceMs, notified } = failing ?? { sinceMs: atMs, notified: false };
      const isNews = !notified && atMs - sinceMs >= FAILING_MS;
      failing = { sinceMs, why, notified: notified || isNews };
      if (isNews) changed({ failing: true, why, forMs: Math.round(atMs - sinceMs) });
    },
    failure: () => (failing?.notified ? failing.why : undefined),
  };
}
