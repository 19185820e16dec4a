import t from 'tap';
import { FAILING_MS, watchPasses } from './pass-watch.ts';

function watching() {
  const changes: object[] = [];
  return { changes, watch: watchPasses((change) => changes.push(change)) };
}

t.test('a pass that fails now and then is no news', async (t) => {
  const { changes, watch } = watching();
  for (let atMs = 0; atMs < 10 * FAILING_MS; atMs += FAILING_MS / 2) {
    watch.failed('no room', atMs);
    watch.succeeded(atMs + 1);
  }
  t.same(changes, []);
  t.equal(watch.failure(), undefined);
});

t.test('one that fails for long is news once, with its text, and again when that is over', async (t) => {
  const { changes, watch } = watching();
  for (const atMs of [0, 500, FAILING_MS - 1]) watch.failed('no room', atMs);
  t.equal(watch.failure(), undefined);
  watch.failed('no room at all', FAILING_MS);
  t.equal(watch.failure(), 'no room at all');
  watch.failed('no room', FAILING_MS + 100);
  watch.succeeded(FAILING_MS + 200);
  t.equal(watch.failure(), undefined);
  t.same(changes, [
    { failing: true, why: 'no room at all', forMs: FAILING_MS },
    { failing: false, why: 'no room', forMs: FAILING_MS + 200 },
  ]);
});
