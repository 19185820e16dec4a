import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { Pacer } from './pacer.ts';

function block(forMs: number): void {
  const untilMs = performance.now() + forMs;
  while (performance.now() < untilMs);
}

/** Resolves when the pacer has had so many turns. */
function run(perSecond: number, turns: number, onTurn: (turn: number) => void = () => {}) {
  const startedMs = performance.now();
  const { promise, resolve } = Promise.withResolvers<{ pacing: ReturnType<Pacer['stop']>; tookMs: number }>();
  const pacer = new Pacer(perSecond, (turn) => {
    onTurn(turn);
    if (turn === turns - 1)
      setImmediate(() => resolve({ pacing: pacer.stop(), tookMs: performance.now() - startedMs }));
  });
  return promise;
}

t.test('the schedule does not slip: 500 turns at 1,000 a second end after 499 ms, not before', async (t) => {
  const turns: number[] = [];
  const { pacing, tookMs } = await run(1000, 500, (turn) => turns.push(turn));
  t.ok(tookMs >= 499, `${tookMs} ms`);
  t.equal(turns.length, 500 - pacing.missed, 'each turn was sent once, or counted as left out');
  t.ok(
    turns.every((turn, index) => index === 0 || turn > (turns[index - 1] ?? -1)),
    'in order',
  );
  t.ok(tookMs <= 499 + pacing.lateMaxMs + 25, `${tookMs} ms, latest ${pacing.lateMaxMs} ms`);
});

t.test('a short hold-up is made good at once, and shows in how late sends were', async (t) => {
  const { pacing } = await run(1000, 100, (turn) => turn === 20 && block(30));
  t.ok(pacing.sent >= 95, `${pacing.sent} sent`);
  t.ok(pacing.lateMaxMs >= 28, `${pacing.lateMaxMs} ms`);
});

t.test('a long hold-up is not made good by a burst: what is left out is counted', async (t) => {
  const turns: number[] = [];
  const { pacing } = await run(1000, 400, (turn) => {
    turns.push(turn);
    if (turn === 20) block(250);
  });
  t.ok(pacing.missed >= 195, `${pacing.missed} left out`);
  t.equal((turns.at(-1) ?? 0) + 1, pacing.sent + pacing.missed, 'every turn was sent or counted');
});

t.test('after stop nothing is sent', async (t) => {
  let sent = 0;
  const pacer = new Pacer(1000, () => {
    sent += 1;
  });
  await pause(10);
  const pacing = pacer.stop();
  t.equal(sent, pacing.sent);
  await pause(20);
  t.equal(sent, pacing.sent);
});

t.test('a send that stops the pacer is the last', async (t) => {
  let sent = 0;
  const pacer = new Pacer(100_000, () => {
    sent += 1;
    if (sent === 3) pacer.stop();
  });
  await pause(20);
  t.equal(sent, 3);
});
