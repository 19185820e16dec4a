/** Numbers that look random and are the same for the same seed. */
export interface Random {
  /** A whole number from 0 on, below `limit`. */
  below(limit: number): number;
  bytes(length: number): Uint8Array;
  /** One of the list, which must not be empty. */
  pick<T>(list: readonly T[]): T;
}

/** Marsaglia's xorshift with 32 bits of state ("Xorshift RNGs", 2003). The seed is a whole number that is no multiple of 2^32. */
export function randomFrom(seed: number): Random {
  // Neighbouring seeds begin far apart; the state must not be zero.
  let state = Math.imul(seed, 0x9e3779b1) | 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  const below = (limit: number): number => Math.floor((next() / 2 ** 32) * limit);
  return {
    below,
    bytes: (length) => Uint8Array.from({ length }, () => below(256)),
    pick: (list) => {
      if (list.length === 0) throw new RangeError('there is nothing to pick from');
      return list[below(list.length)] as (typeof list)[number];
    },
  };
}
