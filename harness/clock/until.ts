import { setTimeout as pause } from 'node:timers/promises';

export interface Patience {
  /** The condition in words: the time-out's message says it. */
  what: string;
  withinMs: number;
  everyMs?: number;
}

/** What was waited for did not happen in time. */
class TimedOut extends Error {
  override name = 'TimedOut';
}

/**
 * Waits until `condition` gives something that is not undefined, false or null, and returns that. It is asked at once,
 * then every `everyMs` (5 by default), and once more at the deadline.
 * @throws TimedOut saying what was waited for, and for how long.
 */
export async function until<T>(
  condition: () => T | undefined | false | null | Promise<T | undefined | false | null>,
  { what, withinMs, everyMs = 5 }: Patience,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const late = performance.now() >= deadline;
    const found = await condition();
    if (found !== undefined && found !== false && found !== null) return found;
    if (late) throw new TimedOut(`waited ${withinMs} ms in vain for: ${what}`);
    await pause(everyMs);
  }
}
