import t from 'tap';
import type { TestResult, Verdict } from '../../reports/run-report.ts';
import { judgeBug } from './verdict.ts';

const result = (title: string, verdict: Verdict, proves: string[], more: Partial<TestResult> = {}): TestResult => {
  const checks = [{ name: `${title}, the claim`, verdict, because: 'it was seen', evidence: [] }];
  return { suite: 'arp', title, proves, verdict, because: '', checks, durationMs: 1, runAgain: '', files: [], ...more };
};

const wordOf = (...results: TestResult[]) => judgeBug(results, 'ARP-2').verdict;

t.test('a claim that fails on the requirement catches it, whatever else fails', async (t) => {
  const { verdict, by } = judgeBug(
    [result('one', 'fail', ['ARP-1']), result('two', 'fail', ['ARP-1', 'ARP-2'])],
    'ARP-2',
  );
  t.equal(verdict, 'caught');
  t.same(
    by.map(({ claim }) => claim),
    ['two, the claim'],
  );
});

t.test('of a test that fails, the claims that passed have caught nothing', async (t) => {
  const claim = (name: string, verdict: Verdict) => ({ name, verdict, because: '', evidence: [] });
  const checks = [claim('good', 'pass'), claim('bad', 'fail'), claim('open', 'unknown')];
  t.same(
    judgeBug([result('one', 'fail', ['ARP-2'], { checks })], 'ARP-2').by.map((each) => each.claim),
    ['bad'],
  );
});

t.test('a claim is named before a wait that was in vain', async (t) => {
  const checks = [{ name: 'the test runs to its end', verdict: 'fail' as const, because: 'waited', evidence: [] }];
  const results = [result('one', 'fail', ['ARP-2'], { checks }), result('two', 'fail', ['ARP-2'])];
  t.equal(judgeBug(results, 'ARP-2').by[0]?.claim, 'two, the claim');
});

t.test('an invariant catches like a test, and says that it is one', async (t) => {
  const { verdict, by } = judgeBug([result('one answers', 'fail', ['ARP-2'], { always: true })], 'ARP-2');
  t.same([verdict, by[0]?.always], ['caught', true]);
});

t.test('what fails on other requirements alone has not caught it where it should', async (t) => {
  t.equal(wordOf(result('one', 'fail', ['ARP-1']), result('two', 'pass', ['ARP-2'])), 'caught elsewhere');
});

t.test('what is unknown or skipped has caught nothing, and is said', async (t) => {
  const { verdict, note } = judgeBug([result('one', 'unknown', ['ARP-2'], { because: 'frames were lost' })], 'ARP-2');
  t.equal(verdict, 'missed');
  t.match(note, 'arp, one, is unknown: frames were lost');
  t.equal(wordOf(result('one', 'skip', ['ARP-2'], { checks: [] })), 'missed');
  t.equal(wordOf(result('one', 'pass', ['ARP-2'])), 'missed');
  t.equal(wordOf(), 'missed');
});

t.test('a suite that died has caught nothing, though it proves the requirement', async (t) => {
  const died = result('the suite runs to its end', 'fail', ['ARP-2'], { because: 'killed' });
  const { verdict, note } = judgeBug([died], 'ARP-2');
  t.same([verdict, note], ['missed', 'arp died: killed']);
});
