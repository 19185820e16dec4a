import t from 'tap';
import { allOf, forEach } from './at-once.ts';

t.test('each has its turn, and only so many at a time', async (t) => {
  const seen: number[] = [];
  let running = 0;
  let most = 0;
  const work = async (item: number) => {
    most = Math.max(most, ++running);
    await new Promise(setImmediate);
    seen.push(item);
    running--;
  };
  await forEach([1, 2, 3, 4, 5], work, 2);
  t.same(seen, [1, 2, 3, 4, 5]);
  t.equal(most, 2);
});

t.test('once it fails for one, what has begun is waited for, and nothing more begins', async (t) => {
  const begun: number[] = [];
  const ended: number[] = [];
  const work = async (item: number) => {
    begun.push(item);
    if (item === 1) throw new Error('the first');
    await new Promise(setImmediate);
    ended.push(item);
  };
  await t.rejects(forEach([1, 2, 3, 4], work, 2), { message: 'the first' });
  t.same(begun, [1, 2]);
  t.same(ended, [2]);
});

t.test('a failure is thrown when all is over', async (t) => {
  let isOver = false;
  const slow = new Promise(setImmediate).then(() => {
    isOver = true;
  });
  await t.rejects(allOf([Promise.reject(new Error('one')), slow]), { message: 'one' });
  t.ok(isOver);
});
