import { buildInPieces } from '../balance/maglev.ts';
import { type Moves, openMinimalMove } from '../sync/minimal-move.ts';
import type { OwnedSlots } from '../sync/owned-slots.ts';
import type { Selections, SlotNumber } from '../sync/rule.ts';
import type { Wish } from '../sync/slots.ts';
import type { ConfiguredPool, PoolMember, PoolWeights } from './configured.ts';

/**
 * What each slot should be, from what is committed and from the weights of the servers: as few slots as can be change owner. A pool that
 * has nobody yet gets the table that both nodes of the pair would make. Works in pieces of a millisecond.
 */
export interface WantedSlots {
  /** From now on there are these pools. What was wished of a pool with the same servers stays. */
  use(pools: readonly ConfiguredPool[]): void;
  weigh(weights: PoolWeights): void;
  /** All that is committed is what is wished, and what the weights ask for beyond that is to be looked at again. */
  begin(committed: Selections): void;
  /** Look at one pool more, or make a piece of its table. Some of what is wished of it now, where that is another server than before. */
  work(): Wish[];
  /** Whether more is wished of the pool that was looked at last. */
  isAmidst(): boolean;
  /** Whether there is more to do. */
  isBusy(): boolean;
}

/** To mark a slot takes microseconds, and first packets wait meanwhile. */
const SAID_AT_ONCE = 256;

interface Row {
  pool: ConfiguredPool;
  /** None until they are known: then nothing is wished. */
  weights: readonly number[] | undefined;
  /** Undefined until it is needed. */
  owned: OwnedSlots | undefined;
  /** It had other members before, of which something may still be wished that is not committed: so all of it is wished anew. */
  hadOthers: boolean;
}

/**
 * @param perPool how many slots each pool has
 * @param liveFrom how many connections the slots of a pool have, by its first slot
 */
export function openWantedSlots(
  perPool: number,
  before: Selections,
  liveFrom: (first: SlotNumber) => Uint32Array,
): WantedSlots {
  const minimal = openMinimalMove(perPool);
  let rows = new Map<string, Row>();
  let due = new Set<Row>();
  let committed = before;
  /** What is wished and has not been said yet. */
  let unsaid: Wish[] = [];
  /** The first table that was made last, or is being made: pools with the same servers and weights have the same one. */
  let first: { key: string; work: Generator<void, Int32Array>; table?: Int32Array } | undefined;

  const rowFor = (pool: ConfiguredPool): Row => {
    const known = rows.get(pool.name);
    const isSame = known !== undefined && alike(known.pool.members, pool.members);
    return isSame ? { ...known, pool } : { pool, weights: undefined, owned: undefined, hadOthers: known !== undefined };
  };
  const index = ({ pool }: Row): OwnedSlots => {
    const from = committed.slotOf(pool.name, 0);
    const places = new Map(pool.members.map(({ address }, place) => [address, place]));
    const owners = Int32Array.from({ length: perPool }, (_, slot) => {
      const server = committed.serverAt(from + slot);
      return server === undefined ? -1 : (places.get(server) ?? -1);
    });
    return minimal.index(owners, pool.members.length);
  };
  const wishes = ({ pool }: Row, slots: Int32Array, to: Int32Array, left = NONE): Wish[] => {
    const from = committed.slotOf(pool.name, 0);
    return Array.from(slots, (slot, at) => [from + slot, pool.members[to[at] ?? -1]?.address, left.has(slot)] as const);
  };
  /** The table of a pool that has nobody; undefined while it is being made. */
  const firstTable = (row: Row, weights: readonly number[]): Int32Array | undefined => {
    const backends = row.pool.members.map(({ name }, place) => ({ name, weight: weights[place] ?? 0 }));
    const key = JSON.stringify(backends);
    if (first?.key !== key) first = { key, work: buildInPieces(backends, perPool) };
    if (first.table) return first.table;
    const { done, value } = first.work.next();
    if (done) first.table = value;
    return first.table;
  };

  function work(): Wish[] {
    if (unsaid.length === 0) unsaid = wishedNext();
    return unsaid.splice(0, SAID_AT_ONCE);
  }

  function wishedNext(): Wish[] {
    const [row] = due;
    if (!row) return [];
    const { weights } = row;
    if (weights === undefined) {
      due.delete(row);
      return [];
    }
    row.owned ??= index(row);
    if (isNobodys(row.owned) && weights.some((weight) => weight > 0)) {
      const table = firstTable(row, weights);
      if (!table) return [];
      due.delete(row);
      row.owned = minimal.index(table, row.pool.members.length);
      return wishes(row, Int32Array.from(table.keys()), table);
    }
    due.delete(row);
    const left = slotsOfUnwanted(row.owned, weights);
    const moves = minimal.move(row.owned, weights, liveFrom(committed.slotOf(row.pool.name, 0)));
    const { slots, to } = row.hadOthers ? allSlots(row.owned) : moves;
    row.hadOthers = false;
    return wishes(row, slots, to, left);
  }

  return {
    use: (pools) => {
      rows = new Map(pools.map((pool) => [pool.name, rowFor(pool)]));
      due = new Set([...rows.values()].filter(({ weights }) => weights !== undefined));
    },
    weigh: ({ pool, weights }) => {
      const row = rows.get(pool);
      if (row?.pool.members.length !== weights.length) return;
      row.weights = weights;
      due.add(row);
    },
    begin: (now) => {
      committed = now;
      unsaid = [];
      for (const row of rows.values()) {
        row.owned = undefined;
        row.hadOthers = false;
        if (row.weights) due.add(row);
      }
    },
    work,
    isAmidst: () => unsaid.length > 0,
    isBusy: () => unsaid.length > 0 || due.size > 0,
  };
}

const alike = (some: readonly PoolMember[], others: readonly PoolMember[]): boolean =>
  some.length === others.length && some.every(({ address }, place) => others[place]?.address === address);

const NONE: ReadonlySet<number> = new Set();

/** The slots that are nobody's, or of servers that are to get nothing new. */
function slotsOfUnwanted({ rows, begins, ends }: OwnedSlots, weights: readonly number[]): ReadonlySet<number> {
  const found = new Set<number>();
  for (let owner = 0; owner < begins.length; owner++)
    if (!weights[owner]) for (let at = begins[owner] ?? 0; at < (ends[owner] ?? 0); at++) found.add(rows[at] ?? 0);
  return found;
}

/** Each slot, and its owner. */
function allSlots({ rows, begins, ends }: OwnedSlots): Moves {
  const slots: number[] = [];
  const to: number[] = [];
  for (let owner = 0; owner < begins.length; owner++)
    for (let at = begins[owner] ?? 0; at < (ends[owner] ?? 0); at++) {
      slots.push(rows[at] ?? 0);
      to.push(owner < begins.length - 1 ? owner : -1);
    }
  return { slots: Int32Array.from(slots), to: Int32Array.from(to) };
}

/** Nobody stands last among the owners. */
const isNobodys = ({ begins, ends }: OwnedSlots): boolean =>
  begins.subarray(0, -1).every((begin, owner) => begin === ends[owner]);
