import t from 'tap';
import { openHeldTimes } from './held-times.ts';

t.test('of the last thousand, half waited no longer than p50, and 99 in a hundred no longer than p99', async (t) => {
  const times = openHeldTimes();
  t.equal(times.ms(), undefined);
  times.add(2_500_000n);
  t.same(times.ms(), { p50: 2.5, p99: 2.5, most: 2.5 });
  for (let ms = 1; ms <= 1000; ms++) times.add(BigInt(ms) * 1_000_000n);
  t.same(times.ms(), { p50: 500, p99: 990, most: 1000 }, 'the first is forgotten');
});
