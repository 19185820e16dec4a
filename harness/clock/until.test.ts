import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { until } from './until.ts';

/** Of this a machine that stands still for a tenth of a second does not hold up a fifth. */
const LONG_MS = 700;

t.test('what the condition gives is what one gets, as soon as it is something', async (t) => {
  let asked = 0;
  const third = () => {
    asked += 1;
    return asked === 3 ? 'there' : [undefined, false, null][asked];
  };
  t.equal(await until(third, { what: 'it is there', withinMs: 5000, everyMs: 1 }), 'there');
  t.equal(asked, 3);
  t.equal(await until(async () => 0, { what: 'nought is something', withinMs: 0 }), 0);
});

t.test('a condition that takes long leaves three quarters of the time to what it waits for', async (t) => {
  let asked = 0;
  const busy = () => {
    asked += 1;
    for (const endMs = performance.now() + 10; performance.now() < endMs; );
    return undefined;
  };
  await t.rejects(until(busy, { what: 'pigs fly', withinMs: 200, everyMs: 1 }));
  t.ok(asked <= 7, `asked ${asked} times`);
});

t.test('who has not read all that was captured breaks nobody’s promise', async (t) => {
  const waiting = (lags: boolean, withinMs: number) =>
    until(() => undefined, { what: 'pigs fly', withinMs, everyMs: 5, isPromise: true, lags: () => lags });
  await t.rejects(waiting(true, 50), { name: 'TimedOut', message: /but this program had not read all/ });
  await t.rejects(waiting(false, LONG_MS), { name: 'PromiseBroken' });
});

t.test('nor does who was held up himself', async (t) => {
  const busy = setInterval(() => {
    for (const endMs = performance.now() + 30; performance.now() < endMs; );
  }, 1);
  t.teardown(() => clearInterval(busy));
  await t.rejects(
    until(() => undefined, { what: 'pigs fly', withinMs: 200, everyMs: 5, isPromise: true }),
    {
      name: 'TimedOut',
      message: /^waited 200 ms in vain for: pigs fly; but this program was held up itself for \d+ ms of it$/,
    },
  );
});

t.test('in vain, it says for what and for how long, and has asked once more at the end', async (t) => {
  const asked: number[] = [];
  const never = () => {
    asked.push(performance.now());
    return undefined;
  };
  const began = performance.now();
  await t.rejects(until(never, { what: 'pigs fly', withinMs: LONG_MS, everyMs: 1 }), {
    name: 'TimedOut',
    message: `waited ${LONG_MS} ms in vain for: pigs fly`,
  });
  t.ok((asked.at(-1) ?? 0) - began >= LONG_MS);
  await t.rejects(
    until(never, { what: 'pigs fly', withinMs: LONG_MS, isPromise: true }),
    { name: 'PromiseBroken', message: `waited ${LONG_MS} ms in vain for: pigs fly`, withinMs: LONG_MS },
    'a promise says that it was one',
  );
});

t.test('a condition that throws ends the wait with its own error', async (t) => {
  const broken = () => {
    throw new Error('the condition broke');
  };
  await t.rejects(until(broken, { what: 'x', withinMs: 5000 }), { message: 'the condition broke' });
});

t.test('what takes long to ask is asked once more after the deadline', async (t) => {
  let asked = 0;
  const slow = async () => {
    asked += 1;
    if (asked === 1) await pause(30);
    return asked === 2 && 'there';
  };
  t.equal(await until(slow, { what: 'it is there', withinMs: 10 }), 'there');
});
