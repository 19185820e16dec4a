import t from 'tap';
import { htmlReport } from './html.ts';
import { jsonReport } from './json.ts';
import { markdownReport } from './markdown.ts';
import {
  brokenOnPurpose,
  bySuite,
  duration,
  requirementRows,
  seenIn,
  shownTests,
  totals,
  totalsLine,
} from './outcome.ts';
import { CATALOGUE, GOOD_RUN, RUN } from './sample-run.ts';
import { terminalReport } from './terminal.ts';

t.test('a requirement has the worst verdict of its tests, and is not tested when it has none', async (t) => {
  const rows = requirementRows(RUN, CATALOGUE).map(({ id, verdict, tests }) => [id, verdict, tests.length]);
  t.same(rows, [
    ['ARP-1', 'pass', 1],
    ['ARP-2', 'unknown', 2],
    ['HA-1', 'fail', 1],
    ['HA-2', 'not tested', 0],
    ['FWD-1', 'skip', 1],
    ['NEW-1', 'skip', 1],
  ]);
});

t.test('failure outweighs unknown, unknown outweighs a skip, and a skip outweighs success', async (t) => {
  const [test] = GOOD_RUN.results;
  if (!test) throw new Error('the sample has a test');
  const verdictOf = (...verdicts: (typeof test.verdict)[]) =>
    requirementRows({ ...RUN, results: verdicts.map((verdict) => ({ ...test, verdict })) }, CATALOGUE)[0]?.verdict;
  t.equal(verdictOf('pass', 'skip', 'unknown', 'fail'), 'fail');
  t.equal(verdictOf('pass', 'skip', 'unknown'), 'unknown');
  t.equal(verdictOf('pass', 'skip', 'pass'), 'skip');
  t.equal(verdictOf('pass', 'pass'), 'pass');
});

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

t.test('what of a requirement no packet shows stands beside its verdict in every report', async (t) => {
  const beyond = 'the clocks of a kernel: a model stops them';
  const catalogue = CATALOGUE.map((listed) => (listed.id === 'ARP-1' ? { ...listed, beyond } : listed));
  const plain = { colour: false, columns: 0 };
  t.match(terminalReport(GOOD_RUN, catalogue, plain), `\nnot shown by packets: ARP-1: ${beyond}\n`);
  t.notMatch(terminalReport({ ...GOOD_RUN, results: [] }, catalogue, plain), beyond, 'it is not tested in that run');
  const asked = `answer from the active. Not shown by packets: ${beyond}`;
  t.match(markdownReport(GOOD_RUN, catalogue), `| ARP-1 | pass | ${asked} |`);
  t.match(htmlReport(GOOD_RUN, catalogue), asked);
  t.match(JSON.parse(jsonReport(GOOD_RUN, catalogue)).requirements[0], { id: 'ARP-1', verdict: 'pass', beyond });
});

const [SAMPLE] = GOOD_RUN.results;
const always = (suite: string, more: object = {}) => {
  if (!SAMPLE) throw new Error('the sample has a test');
  return { ...SAMPLE, suite, title: 'no two speak', always: true as const, ...more };
};

t.test('what is judged in every suite is shown once for those where it passed', async (t) => {
  const results = [...GOOD_RUN.results, always('arp'), always('ha', { verdict: 'fail' }), always('fwd')];
  const places = shownTests(results).map((shown) => `${seenIn(shown)}: ${shown.test.title} ${shown.test.verdict}`);
  t.same(places, [
    'arp: the active answers for the NLBS address pass',
    'ha: no two speak fail',
    'in 2 suites: no two speak pass',
  ]);
  t.match(
    terminalReport({ ...GOOD_RUN, results }, CATALOGUE, { colour: false, columns: 0 }),
    /✓ pass {4}in 2 suites: no two/,
  );
  t.match(markdownReport({ ...GOOD_RUN, results }, CATALOGUE), /in 2 suites: no two speak/);
  t.match(htmlReport({ ...GOOD_RUN, results }, CATALOGUE), /no two speak<\/a> \(2 suites\)/);
});

t.test('what was broken on purpose is in every form of the report', async (t) => {
  const run = { ...GOOD_RUN, results: [always('arp', { brokenOnPurpose: ['from 1 to 2 ms, because it is asked'] })] };
  t.same(brokenOnPurpose(run), ['arp: from 1 to 2 ms, because it is asked']);
  t.match(terminalReport(run, CATALOGUE, { colour: false, columns: 0 }), /broken on purpose: arp: from 1 to 2 ms/);
  t.match(markdownReport(run, CATALOGUE), /Broken on purpose: arp: from 1 to 2 ms/);
  t.match(htmlReport(run, CATALOGUE), /Broken on purpose: from 1 to 2 ms/);
  t.match(jsonReport(run, CATALOGUE), /"brokenOnPurpose": \[\n *"from 1 to 2 ms/);
});
