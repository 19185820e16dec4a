import t from 'tap';
import { startExpiry } from './expiry.ts';

const PAUSE_MS = 50;

/** A data path whose passes have so many steps; it notes each with the turn of the event loop, and fails in the passes of `failing`. */
function sweepable(t: { teardown(end: () => void): unknown }, steps: number, failing: number[] = []) {
  const done: { sweep: number; turn: number; atMs: number }[] = [];
  let [sweeps, turn] = [0, 0];
  const count = () => {
    turn++;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  t.teardown(() => clearImmediate(next));
  function* sweep(): Generator<void, number> {
    const number = ++sweeps;
    for (let step = 0; step < steps; step++) {
      done.push({ sweep: number, turn, atMs: performance.now() });
      if (failing.includes(number)) throw new Error('it is gone');
      yield;
    }
    return 0;
  }
  return { sweep, done };
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadlineMs = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

t.test('a pass is made in steps, with turns of the event loop in between, and then there is a pause', async (t) => {
  const { sweep, done } = sweepable(t, 3);
  const beganMs = performance.now();
  const expiry = startExpiry({ expireConnections: sweep }, () => t.fail(), PAUSE_MS);
  t.teardown(expiry.stop);
  await until(() => done.length > 3, 'the second pass');
  const [first, second, third, next] = done;
  t.ok((first?.atMs ?? 0) - beganMs >= PAUSE_MS - 1, 'nothing is expired at the start, where there is other work');
  t.ok((first?.turn ?? 0) < (second?.turn ?? 0) && (second?.turn ?? 0) < (third?.turn ?? 0), 'others had their turn');
  t.same([third?.sweep, next?.sweep], [1, 2]);
  t.ok((next?.atMs ?? 0) - (third?.atMs ?? 0) >= PAUSE_MS - 1, 'after a pause');
});

t.test('a pass that fails is reported once, and the next one is begun anew', async (t) => {
  const { sweep, done } = sweepable(t, 1, [1, 2]);
  const problems: string[] = [];
  const expiry = startExpiry({ expireConnections: sweep }, (text) => problems.push(text), PAUSE_MS);
  t.teardown(expiry.stop);
  await until(() => done.at(-1)?.sweep === 3, 'the third pass');
  t.same(problems, ['Connections cannot be expired: it is gone']);
});

t.test('after stopping no pass is made', async (t) => {
  const { sweep, done } = sweepable(t, 1_000_000);
  const expiry = startExpiry({ expireConnections: sweep }, () => t.fail(), PAUSE_MS);
  await until(() => done.length > 0, 'the first step');
  expiry.stop();
  const steps = done.length;
  await new Promise((resolve) => setTimeout(resolve, 2 * PAUSE_MS));
  t.equal(done.length, steps);
});
