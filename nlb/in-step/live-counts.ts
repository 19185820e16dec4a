import type { HeldFlows } from '../datapath/held-flows.ts';
import type { SlotNumber } from '../sync/rule.ts';
import type { Numbers } from './numbers.ts';

/**
 * How many connections each slot has, so that those with the fewest are moved. Counted now and then, in steps of some tenths of a
 * millisecond: a million take about 0.3 s of processor time (nlb/datapath/tables/walk.ts).
 */
export interface LiveCounts {
  /** As they were counted last. @param first the first slot of a pool; all zero where nothing has been counted */
  from(first: SlotNumber): Uint32Array;
  /** Forget what was counted: slots have other numbers now. */
  reset(): void;
  /** A step of the count that is due. */
  tick(): void;
}

const COUNT_EVERY_MS = 30_000;

export function openLiveCounts(
  { walk }: Pick<HeldFlows, 'walk'>,
  { slotOf }: Pick<Numbers, 'slotOf'>,
  perPool: number,
  nowMs: () => number,
): LiveCounts {
  const none = new Uint32Array(perPool);
  let counted = new Map<number, Uint32Array>();
  let counting: { steps: Generator<unknown>; counts: Map<number, Uint32Array> } | undefined;
  let dueMs = 0;
  const begin = (): NonNullable<typeof counting> => {
    const counts = new Map<number, Uint32Array>();
    const steps = walk((flow) => {
      const number = slotOf(flow);
      if (number === undefined) return false;
      const [pool, slot] = [Math.floor(number / perPool), number % perPool];
      const ofPool = counts.get(pool) ?? new Uint32Array(perPool);
      counts.set(pool, ofPool);
      ofPool[slot] = (ofPool[slot] ?? 0) + 1;
      return false;
    });
    return { steps, counts };
  };
  return {
    from: (first) => counted.get(first / perPool) ?? none,
    reset: () => {
      [counted, counting, dueMs] = [new Map(), undefined, 0];
    },
    tick: () => {
      if (!counting && nowMs() < dueMs) return;
      counting ??= begin();
      if (!counting.steps.next().done) return;
      [counted, counting, dueMs] = [counting.counts, undefined, nowMs() + COUNT_EVERY_MS];
    },
  };
}
