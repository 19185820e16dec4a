import { NS_PER_MS } from '../check/span.ts';
import { ranNs } from '../check/standstill.ts';
import { PromiseBroken } from '../clock/until.ts';
import type { HistoryEvent } from '../history/event.ts';
import type { Judged } from './judge.ts';

/** A machine that stood still for so much of a wait has not given anybody the time that was promised. */
const STOOD_STILL_PART = 0.25;

/**
 * What the system under test promised, and was waited for in vain, is its failure, unless the machine stood still for much of the wait. Any other
 * error is the harness's, which could not do what it was to do: so nothing is known of the system.
 */
export function thrown(error: unknown, name: string, events: readonly HistoryEvent[], evidence: string[]): Judged {
  const why = error instanceof Error ? error.message : String(error);
  if (error instanceof PromiseBroken) {
    const untilNs = events.at(-1)?.atNs ?? 0;
    const ranMs = ranNs(events, untilNs - error.withinMs * NS_PER_MS, untilNs) / NS_PER_MS;
    if (ranMs >= (1 - STOOD_STILL_PART) * error.withinMs) return { name, verdict: 'fail', because: why, evidence };
    return {
      name,
      verdict: 'unknown',
      because: `${why}; but the machine ran for ${Math.round(ranMs)} ms of it`,
      evidence,
    };
  }
  return { name, verdict: 'unknown', because: `the harness could not go on: ${why}`, evidence };
}
