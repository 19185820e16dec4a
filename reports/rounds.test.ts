import t from 'tap';
import { atMostOf, roundsOf, roundsText } from './rounds.ts';
import type { TestResult, Verdict } from './run-report.ts';

const rounds = (title: string, ...verdicts: Verdict[]): TestResult[] =>
  verdicts.map((verdict, index) => ({
    suite: 'arp',
    title,
    proves: ['ARP-1'],
    verdict,
    because: '',
    checks: [],
    durationMs: 1,
    round: index + 1,
    runAgain: '',
    files: [],
  }));
const textOf = (...results: TestResult[]) => roundsOf({ results }).map(roundsText);

t.test('what never failed in so many rounds fails at most so often', async (t) => {
  t.equal(atMostOf(60).toFixed(4), '0.0487', 'none of 60: at most 5 % at 95 %');
  t.equal(atMostOf(1).toFixed(2), '0.95');
  t.same(textOf(...rounds('quiet', 'pass', 'pass', 'pass')), [
    'arp: quiet: 3 rounds, 0 failed: fails at most 63.2 % of the time (95 %)',
  ]);
  t.same(
    textOf(...rounds('quiet', 'pass', 'unknown', 'pass')),
    ['arp: quiet: 3 rounds, 0 failed, 1 unknown: fails at most 77.6 % of the time (95 %)'],
    'a round of which nothing is known counts for nothing',
  );
});

t.test('what fails and passes is flaky; what always fails is not', async (t) => {
  t.same(textOf(...rounds('dice', 'pass', 'fail', 'pass')), ['arp: dice: 3 rounds, 1 failed: flaky']);
  t.same(textOf(...rounds('wrong', 'fail', 'fail')), ['arp: wrong: 2 rounds, 2 failed']);
  t.same(textOf(...rounds('unseen', 'unknown')), ['arp: unseen: 1 rounds, 0 failed, 1 unknown']);
});

t.test('a test that was run once, as usual, is not among them', async (t) => {
  const [once] = rounds('once', 'pass');
  const { round: _, ...usual } = once as TestResult;
  t.same(roundsOf({ results: [usual] }), []);
});
