import type { Datapath } from '../datapath/datapath.ts';

/**
 * Sweeps the data path's connections again and again, a step in each turn of the event loop, so that nothing waits for it for
 * longer than that; and pauses so that it takes a twentieth of the time at most.
 */
export interface Sweeping {
  stop(): void;
}

const LEAST_PAUSE_MS = 2000;
const PAUSE_FACTOR = 20;

/** @param problem told when a sweep has failed, once as long as the reason is the same; the next one begins after a pause */
export function startSweeping(
  datapath: Pick<Datapath, 'sweep'>,
  problem: (text: string) => void,
  leastPauseMs = LEAST_PAUSE_MS,
): Sweeping {
  let sweep: Iterator<void, number> | undefined;
  let [tookMs, failing] = [0, ''];
  let [turn, timer]: [NodeJS.Immediate | undefined, NodeJS.Timeout | undefined] = [undefined, undefined];

  function step(): void {
    const beganMs = performance.now();
    try {
      sweep ??= datapath.sweep();
      const { done } = sweep.next();
      tookMs += performance.now() - beganMs;
      if (!done) {
        turn = setImmediate(step);
        return;
      }
      failing = '';
    } catch (error) {
      const text = `The connections cannot be swept: ${error instanceof Error ? error.message : error}`;
      if (text !== failing) problem(text);
      failing = text;
    }
    rest();
  }

  function rest(): void {
    timer = setTimeout(step, Math.max(leastPauseMs, PAUSE_FACTOR * tookMs));
    [sweep, tookMs] = [undefined, 0];
  }

  rest();
  return {
    stop: () => {
      clearImmediate(turn);
      clearTimeout(timer);
    },
  };
}
