import { quotas } from '../balance/quotas.ts';

/**
 * How a selection follows new weights with as few slots as can be: each server is to have its quota (balance/quotas.ts), whoever
 * has more gives away the slots with the fewest live connections, and whoever has fewer takes them by turns. So exactly half
 * of the sum of all differences changes owner: Σ |quota − slots had| ÷ 2, where those of nobody are had too.
 */

export interface Move {
  slot: number;
  /** Index of the server; -1 for nobody, where no server has any weight. */
  to: number;
}

/**
 * @param owners index in `weights` of the server that has each slot; what is no such index is nobody's
 * @param weights whole numbers from 0
 * @param live how many live connections each slot has
 * @returns the slots that change owner, each once
 */
export function minimalMove(owners: Int32Array, weights: readonly number[], live: Uint32Array): Move[] {
  const surplus = surplusOf(owners, weights);
  const given = slotsToGive(owners, surplus, live);
  return handOut(given, surplus);
}

/** By how many slots each server has more than its quota, and last how many are nobody's beyond what should be. */
function surplusOf(owners: Int32Array, weights: readonly number[]): Int32Array {
  const nobody = weights.length;
  const had = new Int32Array(nobody + 1);
  for (let slot = 0; slot < owners.length; slot++) {
    const owner = ownerAt(owners, slot, nobody);
    had[owner] = (had[owner] ?? 0) + 1;
  }
  const quota = quotas(weights, owners.length);
  const left = owners.length - quota.reduce((sum, own) => sum + own, 0);
  return had.map((count, owner) => count - (quota[owner] ?? left));
}

function ownerAt(owners: Int32Array, slot: number, nobody: number): number {
  const owner = owners[slot] ?? nobody;
  return owner >>> 0 < nobody ? owner : nobody;
}

/**
 * Of each owner with a surplus, so many slots: those with the fewest live connections, and of equal ones the first. Each owner
 * has a heap of as many as it gives, the one with most connections on top, so that nearly every slot costs one comparison.
 */
function slotsToGive(owners: Int32Array, surplus: Int32Array, live: Uint32Array): number[] {
  const nobody = surplus.length - 1;
  const begins = new Int32Array(surplus.length + 1);
  for (const [owner, count] of surplus.entries()) begins[owner + 1] = (begins[owner] ?? 0) + Math.max(0, count);
  // One number for connections and slot: exact up to 2³² connections in each of 65,537 slots.
  const heaps = new Float64Array(begins[surplus.length] ?? 0).fill(Number.POSITIVE_INFINITY);
  for (let slot = 0; slot < owners.length; slot++) {
    const owner = ownerAt(owners, slot, nobody);
    const [top, end] = [begins[owner] ?? 0, begins[owner + 1] ?? 0];
    if (top === end) continue;
    const key = (live[slot] ?? 0) * owners.length + slot;
    if (key < (heaps[top] ?? 0)) replaceTop(heaps, top, end, key);
  }
  for (let owner = 0; owner <= nobody; owner++) {
    const [begin, end] = [begins[owner] ?? 0, begins[owner + 1] ?? 0];
    if (end - begin > 1) heaps.subarray(begin, end).sort();
  }
  return Array.from(heaps, (key) => key % owners.length);
}

/** The heap's greatest is at `top`, and the children of the one at `top + i` at `top + 2i + 1` and `top + 2i + 2`. */
function replaceTop(heaps: Float64Array, top: number, end: number, key: number): void {
  let at = top;
  for (;;) {
    let child = top + 2 * (at - top) + 1;
    if (child >= end) break;
    if (child + 1 < end && (heaps[child + 1] ?? 0) > (heaps[child] ?? 0)) child++;
    const greater = heaps[child] ?? 0;
    if (greater <= key) break;
    heaps[at] = greater;
    at = child;
  }
  heaps[at] = key;
}

/** Those with too few take one slot each by turns, so that what one server gives goes to many. */
function handOut(given: readonly number[], surplus: Int32Array): Move[] {
  const nobody = surplus.length - 1;
  const lacking = Int32Array.from(surplus, (count) => Math.max(0, -count));
  const takers = [...lacking.keys()].filter((server) => (lacking[server] ?? 0) > 0);
  let turn = 0;
  return given.map((slot) => {
    if (turn >= takers.length) turn = 0;
    const to = takers[turn] ?? nobody;
    const lacks = (lacking[to] ?? 0) - 1;
    lacking[to] = lacks;
    if (lacks === 0) takers.splice(turn, 1);
    else turn++;
    return { slot, to: to === nobody ? -1 : to };
  });
}
