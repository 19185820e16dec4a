import { createHash } from 'node:crypto';
import { quotas } from './quotas.ts';

/**
 * Maglev's consistent hashing (Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer", NSDI 2016,
 * section 3.4): each backend has its own order of preference over all slots, and the backends take turns in taking the
 * next slot of their order that is still free. The shares are exact to one slot for any weights (quotas.ts), and when a
 * backend goes, few slots but its own change hands.
 */

export interface Backend {
  /** Its order of preference follows from its name alone, so that both nodes of a pair compute the same table. */
  name: string;
  /** Whole number, 0 or more. */
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
/** What is done in one piece of the work: some tenths of a millisecond. A whole table takes about 750,000 looks at slots. */
const [PIECE_LOOKS, PIECE_NAMES] = [65_536, 256];

/**
 * The index in `backends` for each slot; -1 in every slot when no backend has any weight. `slots` must be a prime number.
 * Depends on names and weights alone, not on the order of the list.
 * Throws a RangeError on a weight that is no whole number from 0.
 */
export function buildTable(backends: readonly Backend[], slots: number = SLOTS): Int32Array {
  return finished(buildInPieces(backends, slots));
}

/** The same in pieces, for a thread that has other things to do meanwhile: each step takes some tenths of a millisecond. */
export function* buildInPieces(backends: readonly Backend[], slots: number = SLOTS): Generator<void, Int32Array> {
  const order = [...backends.entries()].sort(([, one], [, other]) => (one.name < other.name ? -1 : 1));
  const permutations: Permutation[] = [];
  for (const [, backend] of order) {
    permutations.push(permutationOf(backend, slots));
    if (permutations.length % PIECE_NAMES === 0) yield;
  }
  const indices = order.map(([index]) => index);
  const table = yield* fillInPieces(permutations, slots);
  return table.map((place) => indices[place] ?? -1);
}

/** The table of the permutations themselves, as the publication states its example. */
export function fillSlots(permutations: readonly Permutation[], slots: number): Int32Array {
  return finished(fillInPieces(permutations, slots));
}

function finished(work: Generator<void, Int32Array>): Int32Array {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/**
 * The backend with the largest quota takes a slot in every turn, the others as often as their quotas ask for, as evenly as
 * that can be, from the first turn on: with equal weights, each in every turn.
 */
function* fillInPieces(permutations: readonly Permutation[], slots: number): Generator<void, Int32Array> {
  const wanted = quotas(
    permutations.map(({ weight }) => weight),
    slots,
  );
  const turns = Math.max(0, ...wanted);
  const table = new Int32Array(slots).fill(-1);
  const next = Int32Array.from(permutations, ({ offset }) => offset);
  const skips = Int32Array.from(permutations, ({ skip }) => skip);
  let looks = 0;
  for (let turn = 1; turn <= turns; turn++) {
    for (let index = 0; index < wanted.length; index++) {
      if (!takesSlotIn(turn, wanted[index] ?? 0, turns)) continue;
      const skip = skips[index] ?? 1;
      let slot = next[index] ?? 0;
      for (; table[slot] !== -1; looks++) slot = after(slot, skip, slots);
      table[slot] = index;
      next[index] = after(slot, skip, slots);
      if (looks++ < PIECE_LOOKS) continue;
      looks = 0;
      yield;
    }
  }
  return table;
}

/** Whether a backend of that quota takes a slot in that turn: after `turn` of them it has taken its share, rounded up. */
function takesSlotIn(turn: number, quota: number, turns: number): boolean {
  return Math.ceil((turn * quota) / turns) > Math.ceil(((turn - 1) * quota) / turns);
}

/** The next slot of a permutation. Both numbers are below `slots`, and a division takes longer than all the rest. */
function after(slot: number, skip: number, slots: number): number {
  const next = slot + skip;
  return next < slots ? next : next - slots;
}

/** Two independent hashes of the name: the first two words of its SHA-256. */
function permutationOf({ name, weight }: Backend, slots: number): Permutation {
  const digest = createHash('sha256').update(name).digest();
  return { offset: digest.readUInt32BE(0) % slots, skip: (digest.readUInt32BE(4) % (slots - 1)) + 1, weight };
}
