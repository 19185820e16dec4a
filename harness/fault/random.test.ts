import t from 'tap';
import { randomFrom } from './random.ts';

const drawn = (seed: number, count: number, limit = 1000): number[] => {
  const random = randomFrom(seed);
  return Array.from({ length: count }, () => random.below(limit));
};

t.test('the same seed gives the same numbers, another one others', async (t) => {
  t.same(drawn(7, 20), drawn(7, 20));
  t.notSame(drawn(7, 20), drawn(8, 20));
  t.same(randomFrom(7).bytes(16), randomFrom(7).bytes(16));
});

t.test('numbers are spread evenly, and stay within their limit', async (t) => {
  for (const seed of [1, 2, 3, 2 ** 31 - 1]) {
    const counts = new Array<number>(10).fill(0);
    for (const number of drawn(seed, 10_000, 10)) counts[number] = (counts[number] ?? 0) + 1;
    t.equal(counts.length, 10);
    // Four and a half standard deviations of a binomial count with mean 1000.
    t.ok(
      counts.every((count) => Math.abs(count - 1000) < 135),
      `seed ${seed}: ${counts}`,
    );
  }
});

t.test('one of a list is picked; of none there is none', async (t) => {
  const random = randomFrom(1);
  const picked = new Set(Array.from({ length: 50 }, () => random.pick(['a', 'b', 'c'])));
  t.same([...picked].toSorted(), ['a', 'b', 'c']);
  t.throws(() => random.pick([]), RangeError);
});
