/** How many times as large the values of one sample are as those of another. */
export interface Ratio {
  /** The median of all ratios of a value of the one to a value of the other. */
  estimate: number;
  /** Where the ratio lies with a confidence of 95 %; 0 and Infinity where the samples are too small to say. */
  from: number;
  to: number;
}

/** Of the normal distribution, for 95 %. */
const QUANTILE = 1.96;

/**
 * Ratio of two samples of positive values, by ranks: the Hodges–Lehmann estimate of a shift between the logarithms, and the
 * interval that belongs to the test of Mann and Whitney (Hollander and Wolfe, Nonparametric Statistical Methods, chapter 4). It
 * asks for no distribution, and a value far out weighs no more than one that is a little out.
 * @throws on an empty sample, and on values that are not positive
 */
export function ratioOf(one: readonly number[], other: readonly number[]): Ratio {
  if (one.length === 0 || other.length === 0) throw new Error('nothing was measured');
  if (![...one, ...other].every((value) => value > 0)) throw new Error('a ratio is of positive values');
  const ratios = Float64Array.from(one.flatMap((above) => other.map((below) => above / below))).sort();
  const pairs = ratios.length;
  const spread = Math.sqrt((pairs * (one.length + other.length + 1)) / 12);
  const rank = Math.floor(pairs / 2 - QUANTILE * spread);
  const at = (index: number): number => ratios[index] ?? Number.NaN;
  return {
    estimate: (at((pairs - 1) >> 1) + at(pairs >> 1)) / 2,
    from: rank < 1 ? 0 : at(rank - 1),
    to: rank < 1 ? Number.POSITIVE_INFINITY : at(pairs - rank),
  };
}
