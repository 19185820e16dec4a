import t from 'tap';
import { BOUNDS } from './bound.ts';
import { resultOf } from './failover.ts';
import { trial } from './fixtures.ts';
import type { Trial } from './trial.ts';
import { type Comparison, comparisonOf, turns } from './turns.ts';
import { COMPARE_HEADING, compareNotes, compareRow, outcomeOfComparison } from './turns-row.ts';

const fault = { name: 'kill', label: 'kill -9', bound: BOUNDS.nothingLost };
const result = (trials: Trial[], broken?: string) => resultOf(fault, trials, broken);
/** So many trials in which a probe is lost, of outages a little above `outageMs`. */
const many = (count: number, outageMs: number): Trial[] =>
  Array.from({ length: count }, (_, index) => trial({ lost: 1, outageMs: outageMs * (1 + (index % 5) / 100) }));
const compared = (now: Trial[], before: Trial[]): Comparison => comparisonOf(result(now), result(before));

t.test('both versions have as many trials, and neither always goes first', async (t) => {
  t.same(
    turns(50).map(({ of, trials }) => `${of} ${trials}`),
    ['now 20', 'before 20', 'before 20', 'now 20', 'now 10', 'before 10'],
  );
  t.same(turns(1), [
    { of: 'now', trials: 1 },
    { of: 'before', trials: 1 },
  ]);
});

t.test('none worse, worse, and what more trials would tell', async (t) => {
  t.equal(outcomeOfComparison(compared(many(100, 2), many(100, 2))), 'met');
  t.equal(outcomeOfComparison(compared(many(100, 2.2), many(100, 2))), 'violated');
  t.equal(outcomeOfComparison(compared(many(4, 2), many(4, 2))), 'inconclusive');
  t.equal(outcomeOfComparison(compared([], many(4, 2))), 'not measured');
  const broken = comparisonOf(result(many(100, 2), 'the lab fell over'), result(many(100, 2)));
  t.equal(outcomeOfComparison(broken), 'not measured', 'what was not measured to its end');
  const skipped = { ...result([]), skipped: 'it has no such thing' };
  t.equal(outcomeOfComparison({ now: skipped, before: skipped }), 'skipped');
});

t.test(
  'where nothing is lost, what the prober’s timers made of the distance of two probes does not count',
  async (t) => {
    const unnoticed = (outageMs: number) => many(10, outageMs).map((one) => ({ ...one, lost: 0 }));
    const { outage } = compared(unnoticed(2.5), unnoticed(1.5));
    t.same(outage, { estimate: 1, from: 1, to: 1 });
    const worse = compared(many(10, 2.5), unnoticed(1.5));
    t.equal(outcomeOfComparison(worse), 'violated', 'one that is lost counts, and its silence');
  },
);

t.test(
  'an outage that begins with the fault is counted from the last beat: how long ago that was is chance',
  async (t) => {
    /** Of an outage 43 ms after the last beat, whenever the fault came between two beats. */
    const struck = (phases: readonly number[]): Trial[] =>
      phases.map((sinceBeatMs) =>
        trial({
          lost: 30,
          outageFromMs: -0.5,
          outageMs: 43.5 - sinceBeatMs,
          timeline: { oldActivePausedMs: 11, newActivePausedMs: 12, lastBeatMs: -sinceBeatMs },
        }),
      );
    const [early, late] = [result(struck([1, 2, 3, 4, 5])), result(struck([5, 6, 7, 8, 9]))];
    t.same(comparisonOf(early, late, { endsForwarding: true }).outage, { estimate: 1, from: 1, to: 1 });
    t.ok(
      (comparisonOf(early, late).outage?.from ?? 0) > 1,
      'by the bare outage, the one that was struck early is worse',
    );
  },
);

t.test('discarded trials do not count', async (t) => {
  const late = many(50, 20).map((one) => ({ ...one, discarded: 'the prober was held up' }));
  t.equal(outcomeOfComparison(compared([...many(100, 2), ...late], many(100, 2))), 'met');
});

t.test('a row has both sides, the ratio with its interval, and the outcome, under the heading', async (t) => {
  const row = compareRow(compared([...many(99, 2), trial({ outageMs: 2, lost: 4 })], many(100, 2)));
  t.match(row, /^kill -9 +100 +100 +2\.04 +2\.08 +100 +103 +2\.04 +2\.08 +1\.000 \[1\.000, 1\.000\] {2}< 1\.02: met$/);
  const [, names = ''] = COMPARE_HEADING;
  t.equal(row.indexOf('  < 1.02'), names.indexOf('  none worse'));
  t.match(compareRow(compared([], [])), /kill -9 +0 +- +- +- +0 +- +- +- +- {2}< 1\.02: not measured$/);
});

t.test('notes say whose they are', async (t) => {
  const notes = compareNotes(compared([trial({ lost: 1 })], many(3, 2)));
  t.ok(notes.some((note) => note.startsWith('now: violated: 1 probes lost')));
  t.ok(notes.some((note) => note.startsWith('before: ')));
});
