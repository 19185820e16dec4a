import { randomInt } from 'node:crypto';

/** More would not fit what is printed, told again by hand, and read as a whole number. */
const SEEDS = 2 ** 31;

/** A seed for everything random in a suite. */
export const drawSeed = (): number => randomInt(1, SEEDS);
