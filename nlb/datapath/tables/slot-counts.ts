import { serverIn } from './slot.ts';

/** How many slots each server of a row has, so that a few changes cost as much as they are many, and not as much as the row is long. */
export interface SlotCounts {
  /**
   * Slots are about to change.
   * @param contents what they will have, by their numbers
   * @returns servers that will have none any more, and those that have none now
   */
  change(contents: ReadonlyMap<number, number>): { leaving: number[]; joining: number[] };
}

/** @param row contents of all slots, as they are before each change */
export function countSlots(row: Readonly<Uint16Array>): SlotCounts {
  const counts = new Map<number, number>();
  const add = (content: number, more: 1 | -1): void => {
    const id = serverIn(content);
    if (id >= 0) counts.set(id, (counts.get(id) ?? 0) + more);
  };
  for (const content of row) add(content, 1);
  return {
    change: (contents) => {
      const before = new Map<number, number>();
      const note = (content: number): void => {
        const id = serverIn(content);
        if (id >= 0 && !before.has(id)) before.set(id, counts.get(id) ?? 0);
      };
      for (const [slot, content] of contents) {
        const old = row[slot] ?? content;
        note(old);
        note(content);
        add(old, -1);
        add(content, 1);
      }
      const had = [...before];
      return {
        leaving: had.flatMap(([id, count]) => (count > 0 && !counts.get(id) ? [id] : [])),
        joining: had.flatMap(([id, count]) => (count === 0 && counts.get(id) ? [id] : [])),
      };
    },
  };
}
