import t from 'tap';
import { openThrottle } from './throttle.ts';

/** A clock that goes on by work and rests alone. */
function scene() {
  let nowMs = 0;
  const rests: number[] = [];
  const throttle = openThrottle(
    () => nowMs,
    async (ms) => {
      rests.push(ms);
      nowMs += ms;
    },
  );
  return {
    rests,
    pass: (ms: number) => (nowMs += ms),
    work: (ms: number) =>
      throttle.piece(() => {
        nowMs += ms;
      }),
  };
}

t.test('a piece gives what it has done', async (t) => {
  const { piece } = openThrottle(() => 0);
  t.equal(await piece(() => 7), 7);
  const broken = piece(() => {
    throw new Error('no');
  });
  await t.rejects(broken, { message: 'no' });
});

t.test('20 ms of work have no rest, and what follows half as much as it takes', async (t) => {
  const { rests, work } = scene();
  for (let at = 0; at < 19; at++) await work(1);
  t.same(rests, []);
  for (let at = 0; at < 100; at++) await work(1);
  t.equal(
    rests.reduce((sum, ms) => sum + ms),
    50,
  );
  t.ok(Math.max(...rests) <= 1, 'short ones');
});

t.test('after one long piece there is a long rest', async (t) => {
  const { rests, work } = scene();
  await work(60);
  t.same(rests, [20.5]);
});

t.test('what has not been worked for a while may be worked at once, but no more than at the beginning', async (t) => {
  const { rests, work, pass } = scene();
  await work(19);
  pass(1000);
  await work(19);
  t.same(rests, []);
  await work(2);
  t.equal(rests.length, 1);
});
