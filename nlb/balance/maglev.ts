import { createHash } from 'node:crypto';

/**
 * Maglev's consistent hashing (Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer", NSDI 2016,
 * section 3.4): each backend has its own order of preference over all slots, and the backends take turns in claiming the
 * next slot of their order that is still free. The shares are almost exactly even, and when a backend goes, few slots
 * but its own change hands.
 */

export interface Backend {
  /** Its order of preference follows from its name alone, so that both nodes of a pair compute the same table. */
  name: string;
  /** Whole number, 0 or more: how many slots it claims when it is its turn. */
  weight: number;
}

/** The order of preference: slot `offset`, then every `skip`-th one, round and round the table. */
export interface Permutation {
  offset: number;
  /** 1 to slots − 1. Together with a prime number of slots it reaches every one. */
  skip: number;
  weight: number;
}

/** A prime well above a hundred times the number of backends keeps the shares within a percent (section 3.4). */
const SLOTS = 65_537;

/**
 * The index in `backends` for each slot; -1 in every slot when no backend has any weight. `slots` must be a prime number.
 * Depends on names and weights, and on the order of the list only where two backends want the same slot in one turn.
 * Throws a RangeError on a weight that is no whole number from 0.
 */
export function buildTable(backends: Backend[], slots: number = SLOTS): Int32Array {
  return claimSlots(
    backends.map((backend) => permutationOf(backend, slots)),
    slots,
  );
}

/** The same from the permutations themselves, as the publication states its example. */
export function claimSlots(permutations: Permutation[], slots: number): Int32Array {
  for (const { weight } of permutations) {
    if (!Number.isSafeInteger(weight) || weight < 0) throw new RangeError(`A weight is a whole number, not ${weight}`);
  }
  const table = new Int32Array(slots).fill(-1);
  const next = permutations.map(({ offset }) => offset);
  let free = permutations.some(({ weight }) => weight > 0) ? slots : 0;
  while (free > 0) {
    for (const [index, { skip, weight }] of permutations.entries()) {
      for (let turn = 0; turn < weight && free > 0; turn++, free--) {
        next[index] = claimNext(table, next[index] ?? 0, skip, index);
      }
    }
  }
  return table;
}

/** Claim the first free slot from `at` on, and return where to look the next time. */
function claimNext(table: Int32Array, at: number, skip: number, index: number): number {
  let slot = at;
  while (table[slot] !== -1) slot = (slot + skip) % table.length;
  table[slot] = index;
  return (slot + skip) % table.length;
}

/** Two independent hashes of the name: the first two words of its SHA-256. */
function permutationOf({ name, weight }: Backend, slots: number): Permutation {
  const digest = createHash('sha256').update(name).digest();
  return { offset: digest.readUInt32BE(0) % slots, skip: (digest.readUInt32BE(4) % (slots - 1)) + 1, weight };
}
