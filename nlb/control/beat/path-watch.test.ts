import t from 'tap';
import { faultyPaths, type PathChange, type PathWatch, type Proof, proved, watchPaths } from './path-watch.ts';

/** Ten beats of 10 ms tell; 80 ms without any proof of life break it off. */
const settings = { intervalMs: 10, deadAfterMs: 40 };
const BOTH: Proof[] = ['access', 'server'];

/** Every 10 ms from one instant to another, both included, all the proofs; what was found. */
function run(watch: PathWatch, fromMs: number, untilMs: number, by: (atMs: number) => Proof[]) {
  const changes: PathChange[] = [];
  let next = watch;
  for (let atMs = fromMs; atMs <= untilMs; atMs += 10) {
    for (const proof of by(atMs)) {
      const judged = proved(next, proof, atMs, settings);
      next = judged.watch;
      changes.push(...judged.changes);
    }
  }
  return { watch: next, changes };
}
const only =
  (...proofs: Proof[]) =>
  () =>
    proofs;

t.test('two paths that work are never at fault', async (t) => {
  t.same(run(watchPaths(), 0, 1000, only(...BOTH)).changes, []);
});

t.test('a path is at fault after ten beats that came by the other one alone, and is so once', async (t) => {
  const { watch } = run(watchPaths(), 0, 100, only(...BOTH));
  const silent = run(watch, 110, 500, only('access'));
  t.same(silent.changes, [{ path: 'server', atMs: 200, faulty: true, silentMs: 100, provedBy: 'access' }]);
  t.same(faultyPaths(silent.watch, 260), [{ path: 'server', forMs: 60 }]);
  const back = run(silent.watch, 510, 700, only(...BOTH));
  t.same(back.changes, [{ path: 'server', atMs: 610, faulty: false, faultyMs: 410 }]);
  t.same(faultyPaths(back.watch, 700), []);
});

t.test('a path by which nothing ever came is at fault, counted from the first sign of life', async (t) => {
  const { changes } = run(watchPaths(), 5000, 5200, only('server'));
  t.same(changes, [{ path: 'access', atMs: 5100, faulty: true, silentMs: 100, provedBy: 'server' }]);
});

t.test('both are at fault when only answers for the address, or questions for it, show the peer alive', async (t) => {
  for (const proof of ['address answered', 'address asked'] as const) {
    const { watch } = run(watchPaths(), 0, 100, only(...BOTH));
    const { changes } = run(watch, 110, 500, (atMs) => (atMs % 30 === 0 ? [proof] : []));
    t.match(changes, [
      { path: 'access', atMs: 210, faulty: true, silentMs: 110, provedBy: proof },
      { path: 'server', atMs: 210, faulty: true },
    ]);
  }
});

t.test('a peer that is silent everywhere says nothing of the paths, nor does its return', async (t) => {
  const { watch } = run(watchPaths(), 0, 100, only(...BOTH));
  t.same(run(watch, 10_000, 10_500, only(...BOTH)).changes, [], 'it comes back on one path first, by microseconds');
  t.same(run(watch, 10_000, 10_090, only('access')).changes, [], 'and what was before does not count');
  t.match(run(watch, 10_000, 10_100, only('access')).changes, [{ path: 'server', silentMs: 100 }]);
});

t.test('a peer that comes back from a stall is not blamed on the path by which it is heard last', async (t) => {
  for (const deadAfterMs of [40, 200]) {
    for (let stallMs = 10; stallMs <= 1000; stallMs += 10) {
      let watch = run(watchPaths(), 0, 500, only(...BOTH)).watch;
      const changes = BOTH.flatMap((by) => {
        const judged = proved(watch, by, 500 + stallMs, { intervalMs: 10, deadAfterMs });
        watch = judged.watch;
        return judged.changes;
      });
      t.same(changes, [], `${stallMs} ms, dead after ${deadAfterMs} ms`);
    }
  }
});

t.test('single lost beats are no fault, and neither do they hinder a return', async (t) => {
  const half = (atMs: number): Proof[] => (atMs % 20 === 0 ? BOTH : ['access']);
  const { watch } = run(watchPaths(), 0, 1000, half);
  t.same(run(watchPaths(), 0, 1000, half).changes, []);
  const silent = run(watch, 1010, 1500, only('access'));
  t.match(run(silent.watch, 1510, 1800, half).changes, [{ path: 'server', faulty: false }]);
});

t.test('a path that lets a beat through now and then stays at fault', async (t) => {
  const { watch } = run(watchPaths(), 0, 500, only('access'));
  t.same(run(watch, 510, 5000, (atMs) => (atMs % 50 === 0 ? BOTH : ['access'])).changes, []);
});
