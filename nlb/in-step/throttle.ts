import { setTimeout as pause, setImmediate as turnOfOthers } from 'node:timers/promises';

/**
 * Work that takes long, in pieces. The thread runs in real time, so that no ordinary thread has its processor before it waits: after
 * `AT_ONCE_MS` in a row it has two thirds of one, and no more.
 */
export interface Throttle {
  /** Does a piece. Resolves when first packets, sockets and timers have had their turn, and other threads too if it is time for that. */
  piece<T>(act: () => T): Promise<T>;
}

/** Milliseconds of work for one of rest. */
const WORK = 2;
/** As much as a change of all slots of 512 services costs. */
const AT_ONCE_MS = 20;

/** @param rest for so many milliseconds */
export function openThrottle(nowMs: () => number, rest: (ms: number) => Promise<unknown> = pause): Throttle {
  /** What may be worked without a pause; it grows with time in which nothing is. */
  let leftMs = AT_ONCE_MS;
  let endedMs = nowMs();
  return {
    piece: async (act) => {
      const beganMs = nowMs();
      leftMs = Math.min(AT_ONCE_MS, leftMs + WORK * (beganMs - endedMs));
      const done = act();
      endedMs = nowMs();
      leftMs -= endedMs - beganMs;
      await (leftMs > 0 ? turnOfOthers() : rest((1 - leftMs) / WORK));
      return done;
    },
  };
}
