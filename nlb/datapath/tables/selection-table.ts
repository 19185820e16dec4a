import { type MemoryMap, mapMemory } from '../../kernel/memory-map.ts';
import { CONSTANTS, STRUCTS } from '../program/layout.ts';
import { serverIn } from './slot.ts';
import { countSlots, type SlotCounts } from './slot-counts.ts';

/**
 * The selections, a row for each pool, in memory that the data path reads and this process writes without a system call. Slots are
 * written in place, one after the other, and only those that differ.
 */
export interface SelectionTable {
  /** Write the slots of a row that differ. Returns how many. */
  write(row: number, wanted: Int32Array): number;
  /** Another writes that row from now on, so it is read anew from memory. */
  leave(row: number): void;
  /** Take everybody out of a row. */
  clear(row: number): void;
  /** Write some slots of a row. */
  writeSlots(row: number, slots: Iterable<SlotChange>): void;
  /** A copy. */
  read(row: number): Int32Array;
  readSlot(row: number, slot: number): number;
  /** The slots of the row themselves, not a copy: NO_SERVER for none. */
  view(row: number): Uint16Array;
  close(): void;
}

export interface SlotChange {
  slot: number;
  /** As in a wanted selection (slot.ts). */
  content: number;
}

const { selection: AT } = STRUCTS;
const { SELECTION_SLOTS: SLOTS, NO_SERVER } = CONSTANTS;
const ELIGIBLE_WORDS = (NO_SERVER + 1) / 32;

/** The slots in which two selections differ, and their new content. */
interface Difference {
  slots: Uint32Array;
  ids: Uint16Array;
  /** Words with the bits of eligible servers. */
  words: Uint32Array;
}

/** The eligible servers of an empty selection. */
const NOBODY = new Uint32Array(ELIGIBLE_WORDS);
const EVERY_WORD = Uint32Array.from({ length: ELIGIBLE_WORDS }, (_, word) => word);

/** Throws SyscallError. */
export function openSelectionTable(fd: number, rows: number): SelectionTable {
  const memory = mapMemory(fd, rows * AT.size);
  /** What stands in the rows that nobody else writes. */
  const written = new Map<number, Int32Array>();
  /** Of the rows of which some slots were written last. */
  const counted = new Map<number, SlotCounts>();
  return {
    write: (number, wanted) => {
      const before = written.get(number);
      if (before === wanted) return 0;
      const row = rowIn(memory, number);
      const { slots, ids, words } = before ? difference(before, wanted) : compare(decode(row.servers), wanted);
      change(row, eligibleIn(wanted), words, () => {
        for (let index = 0; index < slots.length; index++) row.servers[slots[index] ?? 0] = ids[index] ?? NO_SERVER;
      });
      written.set(number, wanted);
      counted.delete(number);
      return slots.length;
    },
    leave: (number) => {
      written.delete(number);
      counted.delete(number);
    },
    clear: (number) => {
      written.delete(number);
      counted.delete(number);
      const row = rowIn(memory, number);
      change(row, NOBODY, EVERY_WORD, () => row.servers.fill(NO_SERVER));
    },
    writeSlots: (number, slots) => {
      const row = rowIn(memory, number);
      const counts = counted.get(number) ?? countSlots(row.servers);
      counted.set(number, counts);
      written.delete(number);
      const contents = new Map(Array.from(slots, ({ slot, content }) => [slot, encoded(content)]));
      const { leaving, joining } = counts.change(contents);
      for (const id of leaving) putEligible(row, id, false);
      for (const [slot, content] of contents) row.servers[slot] = content;
      for (const id of joining) putEligible(row, id, true);
    },
    read: (number) => written.get(number)?.slice() ?? decode(rowIn(memory, number).servers),
    readSlot: (number, slot) => decoded(rowIn(memory, number).servers[slot] ?? NO_SERVER),
    view: (number) => rowIn(memory, number).servers,
    close: () => memory.close(),
  };
}

function putEligible({ eligible }: Row, id: number, isEligible: boolean): void {
  const [word, bit] = [id >>> 5, 1 << (id & 31)];
  const before = eligible[word] ?? 0;
  putWord(eligible, word, isEligible ? before | bit : before & ~bit);
}

/** A server that leaves is ineligible for clients before it loses its slots; a new one becomes eligible after it has some. */
function change(row: Row, eligible: Uint32Array, words: Uint32Array, writeSlots: () => void): void {
  for (const word of words) putWord(row.eligible, word, (row.eligible[word] ?? 0) & (eligible[word] ?? 0));
  writeSlots();
  for (const word of words) putWord(row.eligible, word, eligible[word] ?? 0);
}

interface Row {
  servers: Uint16Array;
  eligible: Uint32Array;
}

function rowIn({ buffer }: MemoryMap, number: number): Row {
  const at = number * AT.size;
  return {
    servers: new Uint16Array(buffer, at + AT.servers, SLOTS),
    eligible: new Uint32Array(buffer, at + AT.eligible, ELIGIBLE_WORDS),
  };
}

const decoded = (id: number): number => (id === NO_SERVER ? -1 : id);
const decode = (servers: Uint16Array): Int32Array => Int32Array.from(servers, decoded);

/** The content of a slot. */
const encoded = (id: number): number => (id < 0 ? NO_SERVER : id);

/** Many pools change alike when their server fails. A selection array is never modified, so differences can be cached. */
const differences = new WeakMap<Int32Array, WeakMap<Int32Array, Difference>>();

function difference(before: Int32Array, after: Int32Array): Difference {
  const known = differences.get(before) ?? new WeakMap<Int32Array, Difference>();
  differences.set(before, known);
  const found = known.get(after) ?? { ...compare(before, after), words: wordsBetween(before, after) };
  known.set(after, found);
  return found;
}

function wordsBetween(before: Int32Array, after: Int32Array): Uint32Array {
  const [was, is] = [eligibleIn(before), eligibleIn(after)];
  return EVERY_WORD.filter((word) => was[word] !== is[word]);
}

/** If the earlier eligibility is not known, every word counts as different. */
function compare(before: Int32Array, after: Int32Array): Difference {
  const [slots, ids] = [new Uint32Array(SLOTS), new Uint16Array(SLOTS)];
  let count = 0;
  for (let slot = 0; slot < SLOTS; slot++) {
    if (before[slot] === after[slot]) continue;
    slots[count] = slot;
    ids[count++] = encoded(after[slot] ?? -1);
  }
  return { slots: slots.slice(0, count), ids: ids.slice(0, count), words: EVERY_WORD };
}

const eligible = new WeakMap<Int32Array, Uint32Array>();

/** A bit for each id that is in any slot. */
function eligibleIn(selection: Int32Array): Uint32Array {
  const known = eligible.get(selection);
  if (known) return known;
  const words = new Uint32Array(ELIGIBLE_WORDS);
  for (const content of selection) {
    const id = serverIn(content);
    if (id >= 0) words[id >>> 5] = (words[id >>> 5] ?? 0) | (1 << (id & 31));
  }
  eligible.set(selection, words);
  return words;
}

function putWord(words: Uint32Array, index: number, word: number): void {
  if (words[index] !== word >>> 0) Atomics.store(words, index, word >>> 0);
}
