import t from 'tap';
import { ratioOf } from './ratio.ts';

const upTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1);

t.test('the interval is that of the tables: the third ratio from each end of 5 by 5 values', async (t) => {
  // The critical value of Mann and Whitney's U for 5 and 5 at 5 %, two-sided, is 2.
  const one = [10, 20, 40, 80, 160];
  const other = [1, 3, 9, 27, 81];
  const ratios = one.flatMap((above) => other.map((below) => above / below)).toSorted((a, b) => a - b);
  t.same(ratioOf(one, other), { estimate: ratios[12], from: ratios[2], to: ratios[22] });
});

t.test('samples that are the same: 1, and an interval around it that narrows with their size', async (t) => {
  const wide = ratioOf(upTo(20), upTo(20));
  const narrow = ratioOf(upTo(400), upTo(400));
  for (const { estimate, from, to } of [wide, narrow]) {
    t.equal(estimate, 1);
    t.ok(from < 1 && to > 1);
    t.ok(Math.abs(from * to - 1) < 1e-9, 'as far below as above');
  }
  t.ok(narrow.to < wide.to);
});

t.test('one that is a tenth larger throughout is told from the other', async (t) => {
  const base = upTo(300).map((value) => 100 + (value % 10));
  const { estimate, from, to } = ratioOf(
    base.map((value) => value * 1.1),
    base,
  );
  t.ok(Math.abs(estimate - 1.1) < 0.005, `${estimate}`);
  t.ok(from > 1.08 && to < 1.12, `${from} to ${to}`);
});

t.test('a value far out moves nothing', async (t) => {
  const base = upTo(100).map((value) => 100 + (value % 7));
  const { estimate } = ratioOf([...base, 1e9], base);
  t.ok(Math.abs(estimate - 1) < 0.01);
});

t.test('too few values have no interval, and none no ratio', async (t) => {
  t.same(ratioOf([2], [1]), { estimate: 2, from: 0, to: Number.POSITIVE_INFINITY });
  t.throws(() => ratioOf([], [1]), /nothing was measured/);
  t.throws(() => ratioOf([0], [1]), /positive/);
});
