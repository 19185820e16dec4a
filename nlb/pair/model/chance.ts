/** Repeatable chance: the same seed gives the same history. Marsaglia's xorshift32. */
export interface Chance {
  /** From 0, up to but without 1. */
  fraction(): number;
  /** Whether something of this probability happens. */
  strikes(probability: number): boolean;
  between(low: number, high: number): number;
}

export function openChance(seed: number): Chance {
  let word = (seed ^ 0x9e3779b9) | 1;
  const fraction = () => {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    return (word >>> 0) / 2 ** 32;
  };
  return {
    fraction,
    strikes: (probability) => probability > 0 && fraction() < probability,
    between: (low, high) => low + fraction() * (high - low),
  };
}
