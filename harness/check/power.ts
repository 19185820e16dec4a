import { chiSquareTail } from './goodness-of-fit.ts';

/** How surely a bias of the size that a verdict names would have been found. */
export const POWER = 0.999;

/**
 * Probability that noncentral chi-square exceeds `statistic`, as a mixture
 * of central ones by Poisson's law (Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions 2, chapter 29).
 */
export function noncentralTail(statistic: number, degrees: number, noncentrality: number): number {
  const mean = noncentrality / 2;
  const reach = 12 * Math.sqrt(mean) + 40;
  let tail = 0;
  let logWeight = -mean;
  for (let term = 0; term <= mean + reach; term++) {
    if (term > 0) logWeight += Math.log(mean / term);
    if (term >= mean - reach) tail += Math.exp(logWeight) * chiSquareTail(statistic, degrees + 2 * term);
  }
  return Math.min(1, tail);
}

/** The number at which a falling function comes down to `wanted`. */
function whereItFallsTo(wanted: number, fallsWith: (at: number) => number): number {
  let [low, high] = [0, 1];
  while (fallsWith(high) > wanted) high *= 2;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (fallsWith(middle) > wanted) low = middle;
    else high = middle;
  }
  return high;
}

/** By how much the shares of so many servers must be off, in units of the test, to be found so surely. */
export function noncentralityFound(servers: number, significance: number, power = POWER): number {
  const degrees = servers - 1;
  const critical = whereItFallsTo(significance, (statistic) => chiSquareTail(statistic, degrees));
  return whereItFallsTo(1 - power, (size) => 1 - noncentralTail(critical, degrees, size));
}

/**
 * The smallest bias that Pearson's test would have found with the probability `POWER`: this part too much or too little for one
 * server, at the expense or in favour of the others by their shares. For whichever server it is hardest to find. A share p that
 * is p (1 + b) moves chi-square of n flows by n b² p / (1 - p).
 */
export function smallestBiasFound(flows: number, shares: readonly number[], significance: number): number {
  const least = Math.min(...shares);
  return Math.sqrt((noncentralityFound(shares.length, significance) * (1 - least)) / (flows * least));
}

/** So many flows find a bias of that size. */
export function flowsToFind(bias: number, shares: readonly number[], significance: number): number {
  const least = Math.min(...shares);
  return Math.ceil((noncentralityFound(shares.length, significance) * (1 - least)) / (bias ** 2 * least));
}

/** Of so many that were all well, the smallest part that would have shown with the probability `POWER`, were it ill: 1 - (1 - POWER)^(1/n). */
export const leastPartFound = (count: number): number => 1 - (1 - POWER) ** (1 / count);

/** In the words of a verdict. */
export const lossFoundText = (count: number): string =>
  `one in ${Number((1 / leastPartFound(count)).toPrecision(3))} would have been noticed with ${POWER * 100} % probability`;
