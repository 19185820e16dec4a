import t from 'tap';
import { startExpiry } from './expiry.ts';

const PAUSE_MS = 50;

/** A data path whose passes have so many steps; it notes each with the turn of the event loop, and fails in the passes of `failing`. */
function expirable(t: { teardown(end: () => void): unknown }, steps: number, failing: number[] = []) {
  const done: { pass: number; turn: number; atMs: number }[] = [];
  let [passes, turn] = [0, 0];
  const count = () => {
    turn++;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  t.teardown(() => clearImmediate(next));
  function* expireConnections(): Generator<void, number> {
    const number = ++passes;
    for (let step = 0; step < steps; step++) {
      done.push({ pass: number, turn, atMs: performance.now() });
      if (failing.includes(number)) throw new Error('it is gone');
      yield;
    }
    return 0;
  }
  return { expireConnections, done };
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadlineMs = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

t.test('a pass is made in steps, with turns of the event loop in between, and then there is a pause', async (t) => {
  const { expireConnections, done } = expirable(t, 3);
  const beganMs = performance.now();
  const expiry = startExpiry({ expireConnections }, () => t.fail(), PAUSE_MS);
  t.teardown(expiry.stop);
  await until(() => done.length > 3, 'the second pass');
  const [first, second, third, next] = done;
  t.ok((first?.atMs ?? 0) - beganMs >= PAUSE_MS - 1, 'nothing is expired at the start, where there is other work');
  t.ok((first?.turn ?? 0) < (second?.turn ?? 0) && (second?.turn ?? 0) < (third?.turn ?? 0), 'others had their turn');
  t.same([third?.pass, next?.pass], [1, 2]);
  t.ok((next?.atMs ?? 0) - (third?.atMs ?? 0) >= PAUSE_MS - 1, 'after a pause');
});

t.test('a pass that fails is reported once, and the next one is begun anew', async (t) => {
  const { expireConnections, done } = expirable(t, 1, [1, 2]);
  const problems: string[] = [];
  const expiry = startExpiry({ expireConnections }, (text) => problems.push(text), PAUSE_MS);
  t.teardown(expiry.stop);
  await until(() => done.at(-1)?.pass === 3, 'the third pass');
  t.same(problems, ['Connections cannot be expired: it is gone']);
});

t.test('after stopping no pass is made', async (t) => {
  const { expireConnections, done } = expirable(t, 1_000_000);
  const expiry = startExpiry({ expireConnections }, () => t.fail(), PAUSE_MS);
  await until(() => done.length > 0, 'the first step');
  expiry.stop();
  const steps = done.length;
  await new Promise((resolve) => setTimeout(resolve, 2 * PAUSE_MS));
  t.equal(done.length, steps);
});
