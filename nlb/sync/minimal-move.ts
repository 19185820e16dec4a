import { quotas } from '../balance/quotas.ts';
import { giveSlots, type Scratch, scratchFor } from './idlest-slots.ts';
import { append, makeRoom, type OwnedSlots, slotsByOwner } from './owned-slots.ts';

/**
 * How a selection follows new weights with as few slots as can be: each server is to have its quota (balance/quotas.ts), whoever
 * has more gives away the slots with the fewest live connections, of equal ones the first, and whoever has fewer takes them by
 * turns, in the order of the slots. So exactly half of the sum of all differences changes owner: Σ |quota − slots had| ÷ 2, where
 * those of nobody are had too.
 */
export interface Moves {
  /** Those that change owner, in ascending order. */
  slots: Int32Array;
  /** Index of each one's server; -1 for nobody, where no server has any weight. */
  to: Int32Array;
}

/** Moves in selections of one size, which share its memory: some twenty octets a slot. */
export interface MinimalMove {
  /** @param owners index, below `servers`, of the server that has each slot; what is no such index is nobody's */
  index(owners: Int32Array, servers: number): OwnedSlots;
  /**
   * The moves, and `owned` has made them.
   * @param weights of each server: whole numbers from 0
   * @param live how many live connections each slot has, fewer than 2³¹
   */
  move(owned: OwnedSlots, weights: readonly number[], live: Uint32Array): Moves;
}

interface Workshop {
  scratch: Scratch;
  /** A bit for each slot, set while it is given and not yet taken. */
  given: Int32Array;
  slots: Int32Array;
  to: Int32Array;
}

export function openMinimalMove(slots: number): MinimalMove {
  const shop: Workshop = {
    scratch: scratchFor(slots),
    given: new Int32Array(Math.ceil(slots / 32)),
    slots: new Int32Array(slots),
    to: new Int32Array(slots),
  };
  let spare: Int32Array = new Int32Array(0);
  return {
    index: slotsByOwner,
    move: (owned, weights, live) => {
      const surplus = surplusOf(owned, weights, slots);
      giveAll(shop, owned, surplus, live);
      spare = makeRoom(owned, surplus, spare);
      const taken = takeAll(shop, owned, surplus);
      return { slots: shop.slots.slice(0, taken), to: shop.to.slice(0, taken) };
    },
  };
}

/** By how many slots each server has more than its quota, and last how many are nobody's beyond what should be. */
function surplusOf({ begins, ends }: OwnedSlots, weights: readonly number[], slots: number): Int32Array {
  const servers = begins.length - 1;
  if (weights.length !== servers) throw new RangeError(`${weights.length} weights of ${servers} servers`);
  const quota = quotas(weights, slots);
  const surplus = new Int32Array(begins.length);
  let left = slots;
  for (let owner = 0; owner < surplus.length; owner++) {
    const want = quota[owner] ?? left;
    surplus[owner] = (ends[owner] ?? 0) - (begins[owner] ?? 0) - want;
    left -= want;
  }
  return surplus;
}

function giveAll({ scratch, given }: Workshop, owned: OwnedSlots, surplus: Int32Array, live: Uint32Array): void {
  const { rows, begins, ends } = owned;
  const giving = { rows, live, given };
  for (let owner = 0; owner < surplus.length; owner++) {
    const goes = surplus[owner] ?? 0;
    if (goes > 0) ends[owner] = giveSlots(scratch, giving, begins[owner] ?? 0, ends[owner] ?? 0, goes);
  }
}

/** Whoever lacks slots takes one in each round, until it lacks none. @returns how many are taken */
function takeAll({ given, slots, to }: Workshop, { rows, ends }: OwnedSlots, surplus: Int32Array): number {
  const nobody = surplus.length - 1;
  const takers = new Int32Array(surplus.length);
  let count = 0;
  for (let owner = 0; owner < surplus.length; owner++) if ((surplus[owner] ?? 0) < 0) takers[count++] = owner;
  let turn = 0;
  let remaining = 0;
  let taken = 0;
  for (let word = 0; word < given.length; word++) {
    for (let bits = given[word] ?? 0; bits !== 0; bits &= bits - 1) {
      if (turn === count) {
        count = remaining;
        turn = 0;
        remaining = 0;
      }
      const taker = takers[turn++] ?? nobody;
      const lacks = (surplus[taker] ?? 0) + 1;
      surplus[taker] = lacks;
      if (lacks < 0) takers[remaining++] = taker;
      const slot = word * 32 + 31 - Math.clz32(bits & -bits);
      append(rows, ends, taker, slot);
      slots[taken] = slot;
      to[taken++] = taker === nobody ? -1 : taker;
    }
    given[word] = 0;
  }
  return taken;
}
