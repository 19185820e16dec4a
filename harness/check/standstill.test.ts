import t from 'tap';
import { history, standstill } from './literal-history.ts';
import { happenedAfterNs, ranNs } from './standstill.ts';

const MS = 1_000_000;

t.test('what the machine stood still does not count, as far as it lies within', async (t) => {
  const all = history(standstill(10, 20), standstill(30, 35));
  const ranMs = (from: number, until: number) => ranNs(all, from * MS, until * MS) / MS;
  t.equal(ranMs(0, 5), 5, 'before');
  t.equal(ranMs(0, 15), 10, 'its beginning');
  t.equal(ranMs(15, 25), 5, 'its end');
  t.equal(ranMs(12, 18), 0, 'within it');
  t.equal(ranMs(0, 50), 35, 'both');
  t.equal(ranMs(20, 30), 10, 'between the two');
  t.equal(ranMs(5, 0), -5, 'what came before is as much before');
});

t.test('what is read in a standstill, or just after it, may have happened since its beginning', async (t) => {
  const all = history(standstill(10, 20), standstill(20, 25), standstill(30, 35));
  const afterMs = (read: number) => happenedAfterNs(all, read * MS) / MS;
  t.equal(afterMs(9), 9, 'before');
  t.equal(afterMs(33), 30, 'in it');
  t.equal(afterMs(35.5), 30, 'just after it');
  t.equal(afterMs(36.5), 36.5, 'later');
  t.equal(afterMs(25.5), 10, 'one follows another');
});
