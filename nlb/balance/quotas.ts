/**
 * How many slots each weight gets of a table, by the method of the largest remainder (Hamilton's): its exact share rounded
 * down, and one more for those whose share has lost most by that; of two that have lost the same, for the first in the list.
 * So each quota differs by less than one slot from `slots × weight ÷ sum`, and their sum is `slots`, or zero where no weight
 * is more than zero. A share of less than a slot may be none.
 * Throws a RangeError on a weight that is no whole number from 0.
 */
export function quotas(weights: readonly number[], slots: number): number[] {
  const sum = weights.reduce((total, weight) => total + insisted(weight), 0);
  if (sum === 0) return weights.map(() => 0);
  // In whole numbers, so that nothing is rounded on the way, and a tie is a tie.
  const remainders = weights.map((weight) => (slots * weight) % sum);
  const whole = weights.map((weight, index) => (slots * weight - (remainders[index] ?? 0)) / sum);
  const left = slots - whole.reduce((total, quota) => total + quota, 0);
  const first = [...weights.keys()].sort((a, b) => (remainders[b] ?? 0) - (remainders[a] ?? 0) || a - b);
  const lucky = new Set(first.slice(0, left));
  return whole.map((quota, index) => quota + (lucky.has(index) ? 1 : 0));
}

function insisted(weight: number): number {
  if (Number.isSafeInteger(weight) && weight >= 0) return weight;
  throw new RangeError(`A weight is a whole number, not ${weight}`);
}
