import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { quotas } from './quotas.ts';

type Case = [title: string, weights: number[], slots: number, quotas: number[]];

const CASES: Case[] = [
  ['shares without a remainder', [1, 2, 1], 8, [2, 4, 2]],
  ['the largest remainder gets what is left', [5, 3, 2], 7, [4, 2, 1]],
  ['of equal remainders the first', [1, 1, 1], 7, [3, 2, 2]],
  ['a share of less than a slot may be none', [1000, 1], 3, [3, 0]],
  ['no weight, no slots', [0, 0], 5, [0, 0]],
  ['nobody', [], 5, []],
];

t.test('literal cases', async (t) => {
  for (const [title, weights, slots, wanted] of CASES) t.same([...quotas(weights, slots)], wanted, title);
});

/** By the definition: in whole numbers without a limit, and sorted. */
function plainQuotas(weights: readonly number[], slots: number): number[] {
  const sum = BigInt(weights.reduce((total, weight) => total + weight, 0));
  if (sum === 0n) return weights.map(() => 0);
  const products = weights.map((weight) => BigInt(slots) * BigInt(weight));
  const whole = products.map((product) => Number(product / sum));
  const left = slots - whole.reduce((total, quota) => total + quota, 0);
  const first = [...weights.keys()].sort(
    (a, b) => Number((products[b] ?? 0n) % sum) - Number((products[a] ?? 0n) % sum),
  );
  const lucky = new Set(first.slice(0, left));
  return whole.map((quota, index) => quota + (lucky.has(index) ? 1 : 0));
}

const weights = fc.array(fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 1000 }), fc.nat({ max: 2 ** 30 })), {
  maxLength: 120,
});

t.test('any weights have the quotas of the plain definition', async (t) => {
  const outcome = fc.check(
    fc.property(weights, fc.constantFrom(1, 7, 60, 1021, 65_537), (list, slots) =>
      isDeepStrictEqual([...quotas(list, slots)], plainQuotas(list, slots)),
    ),
    { numRuns: 1000 },
  );
  t.comment(`seed ${outcome.seed}`);
  t.notOk(outcome.failed, fc.defaultReportMessage(outcome) ?? '1000 cases');
});
