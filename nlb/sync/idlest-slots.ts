/**
 * Which of a row of slots have the fewest live connections; of slots with as many, those with the lowest numbers.
 *
 * Where no slot has as many connections as `COUNTED` they are counted, and not sorted: that takes the same few steps for each slot.
 * A million connections in 65,537 slots are 15 in each. A power of two.
 */
const COUNTED = 1024;

/** What is needed meanwhile, so that nothing is allocated. Functions of the module, and no closures, or the engine compiles them anew for each. */
export interface Scratch {
  /** How many connections each slot of the row has. */
  numbers: Int32Array;
  /** How many slots have that number of connections, by its last bits. All zero between two calls. */
  slotsWith: Int32Array;
  ties: Int32Array;
}

/** @param most so many slots may a row have */
export const scratchFor = (most: number): Scratch => ({
  numbers: new Int32Array(most),
  slotsWith: new Int32Array(COUNTED),
  ties: new Int32Array(most),
});

interface Giving {
  rows: Int32Array;
  /** How many connections each slot has, fewer than 2³¹. */
  live: Uint32Array;
  /** A bit for each slot: set here for those that go. */
  given: Int32Array;
}

/**
 * Of the slots that stand between two places of `rows`; what stays comes to stand first.
 * @param goes how many go, at least one
 * @returns where those end that stay
 */
export function giveSlots(scratch: Scratch, giving: Giving, begin: number, end: number, goes: number): number {
  const { numbers, slotsWith, ties } = scratch;
  const { rows, given } = giving;
  const limit = limitOf(scratch, end - begin, goes, count(scratch, giving, begin, end));
  let stayed = begin;
  let tied = 0;
  for (let at = begin; at < end; at++) {
    const slot = rows[at] ?? 0;
    const number = numbers[at - begin] ?? 0;
    slotsWith[number & (COUNTED - 1)] = 0;
    if (number > limit) rows[stayed++] = slot;
    else if (number === limit) ties[tied++] = slot;
    else mark(given, slot);
  }
  const go = goes - (end - stayed - tied);
  if (go < tied) sort(ties, tied);
  for (let at = 0; at < go; at++) mark(given, ties[at] ?? 0);
  for (let at = go; at < tied; at++) rows[stayed++] = ties[at] ?? 0;
  return stayed;
}

/** @returns no more bits than that have the numbers */
function count({ numbers, slotsWith }: Scratch, { rows, live }: Giving, begin: number, end: number): number {
  let bits = 0;
  for (let at = begin; at < end; at++) {
    const number = live[rows[at] ?? 0] ?? 0;
    numbers[at - begin] = number;
    bits |= number;
    slotsWith[number & (COUNTED - 1)] = (slotsWith[number & (COUNTED - 1)] ?? 0) + 1;
  }
  return bits;
}

/** The most connections that one of the `goes` idlest slots has. */
function limitOf({ numbers, slotsWith }: Scratch, slots: number, goes: number, bits: number): number {
  if (bits >= COUNTED) return numbers.slice(0, slots).sort()[goes - 1] ?? 0;
  let limit = 0;
  for (let left = goes - (slotsWith[0] ?? 0); left > 0; left -= slotsWith[limit] ?? 0) limit++;
  return limit;
}

function mark(bits: Int32Array, at: number): void {
  bits[at >> 5] = (bits[at >> 5] ?? 0) | (1 << (at & 31));
}

/** Few are inserted one by one: a call of the engine's takes longer. */
function sort(values: Int32Array, count: number): void {
  if (count > 32) {
    values.subarray(0, count).sort();
    return;
  }
  for (let end = 1; end < count; end++) {
    const value = values[end] ?? 0;
    let at = end;
    for (let before = values[at - 1] ?? 0; at > 0 && before > value; before = values[at - 1] ?? 0)
      values[at--] = before;
    values[at] = value;
  }
}
