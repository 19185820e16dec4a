import fc from 'fast-check';
import t from 'tap';
import { slide, type Window, windowFrom } from './window.ts';

/** What becomes of each counter, in the order of coming. */
function verdicts(first: bigint, counters: readonly bigint[]): string[] {
  let window: Window = windowFrom(first);
  return counters.map((counter) => {
    const next = slide(window, counter);
    if (typeof next === 'string') return next;
    window = next;
    return 'new';
  });
}

t.test('each counter is new once, and what is older than the window never', async (t) => {
  t.same(verdicts(10n, [10n, 10n, 12n, 11n, 11n, 9n]), ['new', 'replayed', 'new', 'new', 'replayed', 'replayed']);
  t.same(verdicts(1n, [1n, 100n, 37n, 36n, 37n, 1n]), ['new', 'new', 'new', 'stale', 'replayed', 'stale']);
  t.same(verdicts(1n, [2n ** 64n - 1n, 2n ** 64n - 1n, 2n ** 64n - 64n]), ['new', 'replayed', 'new']);
});

t.test('it judges as a list of all that has come does', async () => {
  const counters = fc.array(fc.bigInt({ min: 0n, max: 200n }), { maxLength: 300 });
  fc.assert(
    fc.property(counters, (all) => {
      const came = new Set<bigint>();
      let highest = 49n;
      const naive = all.map((counter) => {
        if (counter <= highest - 64n) return 'stale';
        if (came.has(counter) || counter < 50n) return 'replayed';
        came.add(counter);
        if (counter > highest) highest = counter;
        return 'new';
      });
      return naive.join() === verdicts(50n, all).join();
    }),
  );
});
