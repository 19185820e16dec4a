/**
 * Slots of one pool in few octets: in ascending order, as the distance of each from the one before, and rows of neighbours as one.
 *
 *   ┌────────────────────────┬──────────────────┬
 *   │ 2 × slots between + 0  │                  │ …      one slot
 *   │ 2 × slots between + 1  │ slots − 2        │ …      so many slots in a row
 *   └────────────────────────┴──────────────────┴
 *
 * Numbers have seven bits an octet, the lowest first; the eighth bit says that more follow (LEB128). So a row of neighbours takes two to
 * five octets in all, a server's slots among a thousand others two each, and every second slot one each.
 */

/** Two octets a slot, however they lie, and three for the eight longest ways. */
export const mostListBytes = (slots: number): number => 2 * slots + 8;

/** @param slots fewer than 2¹⁷ each. @returns where the list ends */
export function writeSlots(bytes: Buffer, at: number, slots: readonly number[]): number {
  const sorted = Uint32Array.from(slots).sort();
  let [end, next] = [at, 0];
  for (let from = 0, to = 0; from < sorted.length; from = to) {
    const first = sorted[from] ?? 0;
    for (to = from + 1; sorted[to] === first + to - from; ) to++;
    const isRow = to - from > 1;
    end = writeNumber(bytes, end, (first - next) * 2 + (isRow ? 1 : 0));
    if (isRow) end = writeNumber(bytes, end, to - from - 2);
    next = first + to - from;
  }
  return end;
}

/** @param perPool how many slots there are. @returns undefined where the octets, which end at `end`, are no such list */
export function readSlots(bytes: Buffer, at: number, end: number, perPool: number): number[] | undefined {
  const slots: number[] = [];
  let place = at;
  for (let next = 0; place < end; ) {
    const way = readNumber(bytes, place, end);
    if (way === undefined) return undefined;
    const more = way.value % 2 === 1 ? readNumber(bytes, way.end, end) : { value: -1, end: way.end };
    if (more === undefined) return undefined;
    const first = next + Math.floor(way.value / 2);
    next = first + more.value + 2;
    place = more.end;
    if (next > perPool) return undefined;
    for (let slot = first; slot < next; slot++) slots.push(slot);
  }
  return slots;
}

function writeNumber(bytes: Buffer, at: number, number: number): number {
  let [end, left] = [at, number];
  for (; left >= 128; left >>>= 7) bytes[end++] = (left & 127) | 128;
  bytes[end++] = left;
  return end;
}

/** Of three octets at most. */
function readNumber(bytes: Buffer, at: number, end: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let octet = 0; octet < 3 && at + octet < end; octet++) {
    const bits = bytes[at + octet] ?? 0;
    value += (bits & 127) << (7 * octet);
    if (bits < 128) return { value, end: at + octet + 1 };
  }
  return undefined;
}
