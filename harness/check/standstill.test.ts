import t from 'tap';
import { history, standstill } from './literal-history.ts';
import { ranNs } from './standstill.ts';

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
