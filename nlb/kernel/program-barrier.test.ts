import { closeSync } from 'node:fs';
import t from 'tap';
import { createArray, indexKey, putEntry } from './bpf-map.ts';
import { monotonicNs } from './clock.ts';
import { openCoalesced, openProgramBarrier } from './program-barrier.ts';

t.test('it waits as long as running programs may take, and the thread goes on meanwhile', async (t) => {
  const [barrier, plain] = [openProgramBarrier(), createArray('plain', 4, 1)];
  const timed = async (act: () => unknown): Promise<number> => {
    const began = monotonicNs();
    await act();
    return Number(monotonicNs() - began) / 1e6;
  };
  const [waited, written]: [number[], number[]] = [[], []];
  let turns = 0;
  const turning = setInterval(() => turns++, 1);
  for (let round = 0; round < 20; round++) {
    waited.push(await timed(barrier.pass));
    written.push(await timed(() => putEntry(plain, indexKey(0), indexKey(round))));
  }
  clearInterval(turning);
  barrier.close();
  closeSync(plain);
  const least = Math.min(...waited);
  t.comment(
    `${least.toFixed(2)} to ${Math.max(...waited).toFixed(1)} ms; ${Math.min(...written).toFixed(3)} without waiting`,
  );
  t.ok(least > 10 * Math.min(...written), 'no write of a map takes so long');
  t.ok(turns > 5, `${turns} turns of the event loop`);
});

/** Coalesced that end when the test says so. */
function turnsOf() {
  const begun: { end(): void; fail(): void }[] = [];
  const act = () =>
    new Promise<void>((end, reject) => {
      begun.push({ end, fail: () => reject(new Error('refused')) });
    });
  return { begun, ...openCoalesced(act) };
}
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

t.test('of many that ask at once, one turn goes, and then one more for all that asked meanwhile', async (t) => {
  const { begun, take } = turnsOf();
  const over: string[] = [];
  const ask = (name: string) => take().then(() => over.push(name));
  ask('first');
  await settled();
  for (const name of ['second', 'third', 'fourth']) ask(name);
  await settled();
  t.equal(begun.length, 1);
  begun[0]?.end();
  await settled();
  t.same(over, ['first'], 'the others asked after it had begun');
  t.equal(begun.length, 2);
  ask('fifth');
  begun[1]?.end();
  await settled();
  t.same(over, ['first', 'second', 'third', 'fourth']);
  begun[2]?.end();
  await settled();
  t.same(over.at(-1), 'fifth');
  t.equal(begun.length, 3);
});

t.test('whoever asks when a turn ends gets one that begins then', async (t) => {
  const { begun, take } = turnsOf();
  const [first, second] = [take(), settled().then(take)];
  await settled();
  const third = first.then(take);
  begun[0]?.end();
  await settled();
  t.equal(begun.length, 2, 'never two at once');
  begun[1]?.end();
  await settled();
  begun[2]?.end();
  await Promise.all([second, third]);
});

t.test('who asked for a turn that fails is told; the next is another', async (t) => {
  const { begun, take } = turnsOf();
  const first = take();
  await settled();
  const second = take();
  begun[0]?.fail();
  await t.rejects(first, { message: 'refused' });
  await settled();
  begun[1]?.end();
  await t.resolves(second);
});

t.test('the end waits for the turn that is under way, and no other begins', async (t) => {
  const { begun, take, end } = turnsOf();
  take();
  await settled();
  const later = take();
  let isOver = false;
  end(() => {
    isOver = true;
  });
  t.notOk(isOver);
  begun[0]?.end();
  await later;
  t.ok(isOver);
  t.equal(begun.length, 1);
  let isOverAtOnce = false;
  turnsOf().end(() => {
    isOverAtOnce = true;
  });
  t.ok(isOverAtOnce);
});
