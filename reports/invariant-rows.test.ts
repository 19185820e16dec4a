import t from 'tap';
import { invariantRows, judgedIn } from './invariant-rows.ts';
import { ALWAYS, GOOD_RUN } from './sample-run.ts';

const rows = (verdict: 'pass' | 'fail' | 'unknown') => {
  const [first, ...rest] = ALWAYS;
  if (!first) throw new Error('the sample has an invariant');
  return invariantRows({ ...GOOD_RUN, results: [...GOOD_RUN.results, { ...first, verdict }, ...rest] });
};

t.test('an invariant is one row, with what suites broke on purpose', async (t) => {
  const [row, ...more] = rows('pass');
  t.same(more, [], 'no other test is one');
  t.match(row, { title: 'no two speak', proves: ['HA-2 cut off'], verdict: 'pass' });
  t.same(row?.brokenOnPurpose, ['ha: one answerer: not judged from 1 ms to 2 ms, because it is asked']);
  t.equal(row && judgedIn(row), 'held in 2 suites');
});

t.test('it has the worst verdict of all suites', async (t) => {
  for (const verdict of ['fail', 'unknown'] as const) {
    const [row] = rows(verdict);
    t.equal(row?.verdict, verdict);
    t.equal(row && judgedIn(row), 'held in 1 of 2 suites');
  }
});

t.test('where suites shared a lab, it was judged once and counts for each of them', async (t) => {
  const [first, second] = ALWAYS;
  if (!first || !second) throw new Error('the sample has two');
  const shared = { ...second, suite: 'ha, paths, takeover' };
  const [row] = invariantRows({ ...GOOD_RUN, results: [first, shared] });
  t.equal(row && judgedIn(row), 'held in 4 suites');
  const [bad] = invariantRows({ ...GOOD_RUN, results: [first, { ...shared, verdict: 'fail' }] });
  t.equal(bad && judgedIn(bad), 'held in 1 of 4 suites');
});
