import { setTimeout as pause } from 'node:timers/promises';

export interface Wait {
  /** The condition in words: the time-out's message says it. */
  what: string;
  withinMs: number;
  everyMs?: number;
  /** Whether what it is told by lags behind what has happened: then a wait in vain says nothing. */
  lags?: () => boolean;
  /** That it comes true in that time is what the system under test promises, and not only what the harness needs. */
  isPromise?: boolean;
}

/** What was waited for did not happen in time. */
class TimedOut extends Error {
  override name = 'TimedOut';
}

/** What the system under test promises did not happen in time: a verdict on it, where any other error says something of the harness. */
export class PromiseBroken extends Error {
  override name = 'PromiseBroken';
  /** For how long it was waited for; 0 where there was nothing to wait for. */
  readonly withinMs: number;

  constructor(what: string, withinMs: number) {
    super(waitedInVain(what, withinMs));
    this.withinMs = withinMs;
  }
}

const waitedInVain = (what: string, withinMs: number): string =>
  withinMs === 0 ? `it is not so: ${what}` : `waited ${withinMs} ms in vain for: ${what}`;

/** Who was held up for more than that share of the time may have seen late what happened in time: that breaks no promise. */
const HELD_UP_SHARE = 0.2;
/** A timer is as late as that now and then. */
const ORDINARY_MS = 10;
/** A condition that takes long, as on a slow machine, gets a quarter of the time: what it waits for needs the rest. */
const REST = 3;

/**
 * Waits until `condition` gives something that is not undefined, false or null, and returns that. It is asked at once,
 * then every `everyMs` (5 by default), and once more at the deadline.
 * @throws TimedOut saying what was waited for, and for how long; PromiseBroken where it was a promise, and this program was on time.
 */
export async function until<T>(
  condition: () => T | undefined | false | null | Promise<T | undefined | false | null>,
  { what, withinMs, everyMs = 5, isPromise = false, lags = () => false }: Wait,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  let heldUpMs = 0;
  for (;;) {
    const askedMs = performance.now();
    const late = askedMs >= deadline;
    const answer = condition();
    const tookMs = answer instanceof Promise ? 0 : performance.now() - askedMs;
    const found = await answer;
    if (found !== undefined && found !== false && found !== null) return found;
    if (late && lags())
      throw new TimedOut(
        `${waitedInVain(what, withinMs)}; but this program had not read all that was captured by then`,
      );
    if (late && heldUpMs > withinMs * HELD_UP_SHARE)
      throw new TimedOut(
        `${waitedInVain(what, withinMs)}; but this program was held up itself for ${Math.round(heldUpMs)} ms of it`,
      );
    if (late) throw isPromise ? new PromiseBroken(what, withinMs) : new TimedOut(waitedInVain(what, withinMs));
    const restMs = Math.max(everyMs, tookMs * REST);
    const pausedMs = performance.now();
    await pause(restMs);
    const lateMs = performance.now() - pausedMs - restMs;
    if (lateMs > ORDINARY_MS) heldUpMs += lateMs;
  }
}
