/** What is said of a sample: its extremes, its middle and its tail. Units are the sample's. */
export interface Summary {
  count: number;
  min: number;
  median: number;
  p99: number;
  max: number;
}

/**
 * Summary of a sample; quantiles are those of the nearest rank, so that each figure is one that was measured.
 * @throws on an empty sample, of which nothing can be said.
 */
export function summarise(sample: readonly number[]): Summary {
  if (sample.length === 0) throw new Error('nothing was measured');
  const sorted = sample.toSorted((a, b) => a - b);
  const ranked = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  return { count: sorted.length, min: ranked(0), median: ranked(0.5), p99: ranked(0.99), max: ranked(1) };
}
