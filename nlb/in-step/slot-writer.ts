import type { HeldFlows } from '../datapath/held-flows.ts';
import type { SlotChange } from '../datapath/tables/selection-table.ts';

/** Slots that are written one after the other go to the data path together: each time, the list of eligible servers is made anew. */
export interface SlotWriter {
  /** Written at the end of this turn at the latest. @param content as in a wanted selection (nlb/datapath/tables/slot.ts) */
  write(pool: string, slot: number, content: number): void;
  /** Write what waits now. */
  flush(): void;
}

/** @param rowOf row of a pool in the data path; what it has no row for is not written */
export function openSlotWriter(
  heldFlows: Pick<HeldFlows, 'putSlots'>,
  rowOf: (pool: string) => number | undefined,
): SlotWriter {
  let waiting = new Map<string, SlotChange[]>();
  const flush = (): void => {
    const written = waiting;
    waiting = new Map();
    for (const [pool, changes] of written) {
      const row = rowOf(pool);
      if (row !== undefined) heldFlows.putSlots(row, changes);
    }
  };
  return {
    write: (pool, slot, content) => {
      if (waiting.size === 0) queueMicrotask(flush);
      const changes = waiting.get(pool) ?? [];
      waiting.set(pool, changes);
      changes.push({ slot, content });
    },
    flush,
  };
}
