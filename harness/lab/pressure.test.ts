import t from 'tap';
import { fullTotalNs, readWaited, starvedIn, starvedOtherwise } from './pressure.ts';

const MS = 1_000_000;

t.test('the total of what all programs of a group waited for at once', async (t) => {
  const text =
    'some avg10=0.04 avg60=2.88 avg300=39.04 total=8459368349\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=17\n';
  t.equal(fullTotalNs(text), 17_000);
  t.throws(
    () => fullTotalNs('some avg10=0.04 avg60=2.88 avg300=39.04 total=8459368349\n'),
    /without a total of "full"/,
  );
});

t.test(
  'the group that waited longest between two looks, where that was longer than a turn of the scheduler',
  async (t) => {
    const looks = (...totals: number[]) => ({ atNs: 0n, totalsNs: totals.map((ms) => ms * MS) });
    t.same(starvedIn(looks(5, 100, 7), looks(9, 112, 7)), { pressure: 1, forNs: 12 * MS });
    t.equal(starvedIn(looks(5, 100), looks(6, 102)), undefined);
    t.equal(starvedIn(looks(), looks()), undefined, 'where the kernel tells nothing');
  },
);

t.test('a time in which the machine stood still counts as that alone', async (t) => {
  const starved = [
    { atNs: 0, untilNs: 20 },
    { atNs: 20, untilNs: 40 },
    { atNs: 40, untilNs: 60 },
  ];
  t.same(starvedOtherwise(starved, [{ atNs: 25, untilNs: 40 }]), [starved[0], starved[2]]);
  t.same(starvedOtherwise(starved, []), starved);
});

t.test('what this machine says of itself', async (t) => {
  const before = readWaited();
  if (before !== undefined) t.ok((readWaited() ?? 0) >= before);
  t.equal(readWaited('/nonexistent/pressure'), undefined);
});
