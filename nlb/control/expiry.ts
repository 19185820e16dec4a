import type { Datapath } from '../datapath/datapath.ts';

/**
 * Expires the data path's connections again and again, a step in each turn of the event loop, so that nothing waits for it for
 * longer than that; and pauses so that it takes a twentieth of the time at most.
 */
export interface Expiry {
  stop(): void;
}

const LEAST_PAUSE_MS = 2000;
const PAUSE_FACTOR = 20;

/** @param problem called when a pass has failed, once as long as the reason is the same; the next one begins after a pause */
export function startExpiry(
  datapath: Pick<Datapath, 'expireConnections'>,
  problem: (text: string) => void,
  leastPauseMs = LEAST_PAUSE_MS,
): Expiry {
  let pass: Iterator<void, number> | undefined;
  let [tookMs, failing] = [0, ''];
  let [turn, timer]: [NodeJS.Immediate | undefined, NodeJS.Timeout | undefined] = [undefined, undefined];

  function step(): void {
    const beganMs = performance.now();
    try {
      pass ??= datapath.expireConnections();
      const { done } = pass.next();
      tookMs += performance.now() - beganMs;
      if (!done) {
        turn = setImmediate(step);
        return;
      }
      failing = '';
    } catch (error) {
      const text = `Connections cannot be expired: ${error instanceof Error ? error.message : error}`;
      if (text !== failing) problem(text);
      failing = text;
    }
    rest();
  }

  function rest(): void {
    timer = setTimeout(step, Math.max(leastPauseMs, PAUSE_FACTOR * tookMs));
    [pass, tookMs] = [undefined, 0];
  }

  rest();
  return {
    stop: () => {
      clearImmediate(turn);
      clearTimeout(timer);
    },
  };
}
