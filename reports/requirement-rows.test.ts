import t from 'tap';
import { askedText, aspectText, requirementRows } from './requirement-rows.ts';
import type { Verdict } from './run-report.ts';
import { GOOD_RUN, LISTING, RUN } from './sample-run.ts';

const [SAMPLE] = GOOD_RUN.results;

/** A run of tests that prove so much, with that verdict. */
function run(...tests: [verdict: Verdict, ...proves: string[]][]) {
  if (!SAMPLE) throw new Error('the sample has a test');
  const results = tests.map(([verdict, ...proves]) => ({ ...SAMPLE, verdict, proves }));
  return requirementRows({ ...RUN, results }, LISTING.requirements);
}

const rowOf = (id: string, ...tests: Parameters<typeof run>) => run(...tests).find((row) => row.id === id);

t.test('a requirement has the worst verdict of its tests, and is not tested when it has none', async (t) => {
  const rows = requirementRows(RUN, LISTING.requirements).map(({ id, verdict, tests }) => [id, verdict, tests.length]);
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
  const verdictOf = (...verdicts: Verdict[]) =>
    rowOf('ARP-1', ...verdicts.map((verdict): [Verdict, string] => [verdict, 'ARP-1']))?.verdict;
  t.equal(verdictOf('pass', 'skip', 'unknown', 'fail'), 'fail');
  t.equal(verdictOf('pass', 'skip', 'unknown'), 'unknown');
  t.equal(verdictOf('pass', 'skip', 'pass'), 'skip');
  t.equal(verdictOf('pass', 'pass'), 'pass');
});

t.test(
  'a requirement that has aspects is proved where each of them passed, and partly where one was not tried',
  async (t) => {
    const [one, two, three] = ['HA-2 out of reach', 'HA-2 cut off', 'HA-2 for an hour'] as const;
    const verdictOf = (...tests: Parameters<typeof run>) => rowOf('HA-2', ...tests)?.verdict;
    t.equal(verdictOf(['pass', one, two, three]), 'pass');
    t.equal(verdictOf(['pass', one], ['pass', two, three]), 'pass');
    t.equal(verdictOf(['pass', one], ['pass', three]), 'partly');
    t.equal(verdictOf(['pass', one], ['fail', two]), 'fail', 'what failed is not outweighed by what was not tried');
    t.equal(verdictOf(['pass', one], ['unknown', two], ['pass', three]), 'unknown');
    t.equal(verdictOf(['pass', 'ARP-1']), 'not tested');
  },
);

t.test(
  'each aspect has the worst verdict of the tests that prove it, and a reason where a brief run leaves it out',
  async (t) => {
    const row = rowOf('HA-2', ['pass', 'HA-2 out of reach', 'ARP-1'], ['fail', 'HA-2 out of reach']);
    t.same(row?.aspects.map(aspectText), [
      'out of reach: fail',
      'cut off: untried',
      'for an hour: untried (in a brief run: it takes an hour)',
    ]);
    const tried = rowOf('HA-2', ['pass', 'HA-2 for an hour']);
    t.same(tried?.aspects.at(-1), { name: 'for an hour', verdict: 'pass', tests: tried?.tests });
  },
);

t.test('what of a requirement no packet shows is said beside what it asks', async (t) => {
  const beyond = 'the clocks of a kernel: a model stops them';
  const [row] = requirementRows(GOOD_RUN, [{ id: 'ARP-1', text: 'answer from the active', beyond }]);
  t.equal(row && askedText(row), `answer from the active. Not shown by packets: ${beyond}`);
});
