import { randomInt } from 'node:crypto';

/** More would not fit what is printed, told again by hand, and read as a whole number. */
const SEEDS = 2 ** 31;

/** The seed of everything random in a suite: `ONEVIP_SEED`, which `conformance --seed` sets, or one that is drawn. */
export function chooseSeed(given: string | undefined): number {
  if (given === undefined) return randomInt(1, SEEDS);
  const seed = Number(given);
  if (!Number.isInteger(seed) || seed < 1) throw new Error(`ONEVIP_SEED is ${given}, not a whole number from 1 on`);
  return seed;
}
