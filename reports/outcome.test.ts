import t from 'tap';
import { bySuite, duration, seenIn, shownTests, totals, totalsLine } from './outcome.ts';
import { ALWAYS, GOOD_RUN, RUN } from './sample-run.ts';

t.test('totals count tests', async (t) => {
  t.same(totals(RUN), { pass: 1, fail: 1, unknown: 1, skip: 1 });
  t.equal(totalsLine(RUN), '1 passed, 1 failed, 1 unknown, 1 skipped');
  t.equal(totalsLine({ ...RUN, results: [] }), '0 passed, 0 failed, 0 unknown, 0 skipped');
});

t.test('tests are grouped by suite in the order of their first result', async (t) => {
  t.same(
    bySuite(RUN.results).map(([suite, tests]) => [suite, tests.length]),
    [
      ['arp', 2],
      ['ha <1>', 1],
      ['fwd', 1],
    ],
  );
});

t.test('durations are written in the unit that fits', async (t) => {
  const table: [number, string][] = [
    [0.4, '0 ms'],
    [999, '999 ms'],
    [1000, '1.0 s'],
    [59_900, '59.9 s'],
    [125_000, '2 min 5 s'],
  ];
  for (const [ms, text] of table) t.equal(duration(ms), text);
});

t.test('what is judged in every suite is shown once for those where it passed', async (t) => {
  const failed = ALWAYS.map((test) => ({ ...test, suite: `${test.suite} 2`, verdict: 'fail' as const })).slice(0, 1);
  const places = shownTests([...GOOD_RUN.results, ...failed, ...ALWAYS]).map(
    (shown) => `${seenIn(shown)}: ${shown.test.title} ${shown.test.verdict}`,
  );
  t.same(places, [
    'arp: the active answers for the NLBS address pass',
    'arp 2: no two speak fail',
    'in 2 suites: no two speak pass',
  ]);
});
