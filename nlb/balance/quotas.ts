/**
 * How many slots each weight gets of a table, by the method of the largest remainder (Hamilton's): its exact share rounded
 * down, and one more for those whose share has lost most by that; of two that have lost the same, for the first in the list.
 * So each quota differs by less than one slot from `slots × weight ÷ sum`, and their sum is `slots`, or zero where no weight
 * is more than zero. A share of less than a slot may be none.
 * Throws a RangeError on a weight that is no whole number from 0.
 */
export function quotas(weights: readonly number[], slots: number): Int32Array {
  const sum = weights.reduce((total, weight) => total + insisted(weight), 0);
  const [quota, remainders] = [new Int32Array(weights.length), new Float64Array(weights.length)];
  if (sum === 0) return quota;
  let left = slots;
  for (let index = 0; index < weights.length; index++) {
    const product = slots * (weights[index] ?? 0);
    // Below 2⁵³ no quotient is rounded up to a whole number, and what is left is whole, so that a tie is a tie.
    const whole = Math.floor(product / sum);
    quota[index] = whole;
    remainders[index] = product - whole * sum;
    left -= whole;
  }
  if (left > 0) giveOneEach(quota, remainders, sum, left);
  return quota;
}

function insisted(weight: number): number {
  if (Number.isSafeInteger(weight) && weight >= 0) return weight;
  throw new RangeError(`A weight is a whole number, not ${weight}`);
}

/** One more for each of the `most` largest remainders, the first of equal ones first. */
function giveOneEach(quota: Int32Array, remainders: Float64Array, sum: number, most: number): void {
  const { least, ties } = nthLargest(remainders, sum, most);
  let left = ties;
  for (let index = 0; index < quota.length; index++) {
    const remainder = remainders[index] ?? 0;
    if (remainder > least || (remainder === least && left-- > 0)) quota[index] = (quota[index] ?? 0) + 1;
  }
}

const PARTS = 1024;

/**
 * The n-th largest of values below `sum`, and how many of the n largest are equal to it. Values are counted by the part of the range
 * in which they lie, and only those of one part are sorted.
 */
function nthLargest(values: Float64Array, sum: number, n: number): { least: number; ties: number } {
  const counts = new Int32Array(PARTS);
  const parts = new Int32Array(values.length);
  const scale = PARTS / sum;
  for (let index = 0; index < values.length; index++) {
    const part = Math.min(Math.floor((values[index] ?? 0) * scale), PARTS - 1);
    parts[index] = part;
    counts[part] = (counts[part] ?? 0) + 1;
  }
  let part = PARTS - 1;
  let left = n;
  for (let count = counts[part] ?? 0; count < left; count = counts[--part] ?? 0) left -= count;
  const sorted = values
    .filter((_, index) => parts[index] === part)
    .sort()
    .reverse();
  const least = sorted[left - 1] ?? 0;
  return { least, ties: left - sorted.indexOf(least) };
}
