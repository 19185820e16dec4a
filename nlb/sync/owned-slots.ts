/**
 * The slots of a selection by owner, so that nobody looks for them, and changed where owners change. Each owner has a row, with
 * room behind it; who outgrows it gets another row at the free end.
 *
 *      begins  ends   limits                          free
 *        ├──────┼────────┼───────┬──┬────┬───┬──────────┼──────────────┤
 *        │ slots│  room  │       …  rows of others …     │              │
 *        └──────┴────────┴───────┴──┴────┴───┴──────────┴──────────────┘
 */
export interface OwnedSlots {
  /** Six octets for each slot of the selection. A row is in no order. */
  rows: Int32Array;
  /** By owner, nobody last: where its slots begin and end, and where its room ends. */
  begins: Int32Array;
  ends: Int32Array;
  limits: Int32Array;
  free: number;
}

/** What all rows have beyond the slots themselves, for each of those: half of it behind the slots, half at the free end. */
const SPARE = 0.5;

/** @param owners index, below `servers`, of the server that has each slot; what is no such index is nobody's */
export function slotsByOwner(owners: Int32Array, servers: number): OwnedSlots {
  const ownerOf = (slot: number): number => {
    const owner = owners[slot] ?? servers;
    return owner >>> 0 < servers ? owner : servers;
  };
  const sizes = new Int32Array(servers + 1);
  for (let slot = 0; slot < owners.length; slot++) sizes[ownerOf(slot)] = sizeOf(sizes, ownerOf(slot)) + 1;
  const owned = laidOut(sizes, new Int32Array(Math.ceil(owners.length * (1 + SPARE)) + servers + 1));
  owned.ends = owned.begins.slice();
  for (let slot = 0; slot < owners.length; slot++) append(owned.rows, owned.ends, ownerOf(slot), slot);
  return owned;
}

const sizeOf = (sizes: Int32Array, owner: number): number => sizes[owner] ?? 0;

function laidOut(sizes: Int32Array, rows: Int32Array): OwnedSlots {
  const [begins, ends, limits] = [sizes.slice(), sizes.slice(), sizes.slice()];
  let free = 0;
  for (let owner = 0; owner < sizes.length; owner++) {
    const size = sizeOf(sizes, owner);
    begins[owner] = free;
    ends[owner] = free + size;
    free += roomFor(size);
    limits[owner] = free;
  }
  return { rows, begins, ends, limits, free };
}

const roomFor = (size: number): number => size + Math.floor((size * SPARE) / 2);

/** One more slot for the owner. There must be room. */
export function append(rows: Int32Array, ends: Int32Array, owner: number, slot: number): void {
  const end = ends[owner] ?? 0;
  rows[end] = slot;
  ends[owner] = end + 1;
}

/**
 * Room for so many more slots of each owner.
 * @param more by owner; below zero, how many more
 * @param spare as large as `rows`, where those may come to stand
 * @returns what is spare then
 */
export function makeRoom(owned: OwnedSlots, surplus: Int32Array, spare: Int32Array): Int32Array {
  const { begins, ends, limits } = owned;
  for (let owner = 0; owner < surplus.length; owner++) {
    const [begin, end] = [begins[owner] ?? 0, ends[owner] ?? 0];
    const lacks = -(surplus[owner] ?? 0);
    if (lacks <= 0 || end + lacks <= (limits[owner] ?? 0)) continue;
    const room = roomFor(end - begin + lacks);
    if (owned.free + room > owned.rows.length) return layOutAnew(owned, surplus, spare);
    move(owned.rows, begin, end, owned.rows, owned.free);
    begins[owner] = owned.free;
    ends[owner] = owned.free + end - begin;
    owned.free += room;
    limits[owner] = owned.free;
  }
  return spare;
}

function layOutAnew(owned: OwnedSlots, surplus: Int32Array, spare: Int32Array): Int32Array {
  const { rows, begins, ends } = owned;
  const sizes = surplus.map((count, owner) => sizeOf(ends, owner) - sizeOf(begins, owner) + Math.max(0, -count));
  const next = laidOut(sizes, spare.length === rows.length ? spare : new Int32Array(rows.length));
  for (let owner = 0; owner < sizes.length; owner++) {
    const [begin, end] = [begins[owner] ?? 0, ends[owner] ?? 0];
    const to = next.begins[owner] ?? 0;
    move(rows, begin, end, next.rows, to);
    next.ends[owner] = to + end - begin;
  }
  Object.assign(owned, next);
  return rows;
}

/** Rows are short, mostly: a call of the engine's takes as long as a hundred turns of a loop. */
function move(from: Int32Array, begin: number, end: number, target: Int32Array, to: number): void {
  for (let at = begin, put = to; at < end; at++, put++) target[put] = from[at] ?? 0;
}
