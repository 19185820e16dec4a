import t from 'tap';
import type { TestResult, Verdict } from '../../reports/run-report.ts';
import { notPassed } from './past-runs.ts';

const result = (title: string, verdict: Verdict, more: Partial<TestResult> = {}): TestResult => ({
  suite: 'arp',
  title,
  proves: [],
  verdict,
  because: '',
  checks: [],
  durationMs: 1,
  runAgain: '',
  files: [],
  ...more,
});

const titles = (results: readonly TestResult[]): string[] => results.map(({ title }) => title);

t.test('what failed, and what is not known, is run again; what passed or was skipped is not', async (t) => {
  const results = [result('a', 'pass'), result('b', 'fail'), result('c', 'unknown'), result('d', 'skip')];
  t.same(titles(notPassed(results)), ['b', 'c']);
  t.same(notPassed(results.slice(0, 1)), []);
});

t.test('where something did not hold in the whole history of a suite, all of its tests are', async (t) => {
  const always = result('two never answer', 'unknown', { always: true });
  t.same(titles(notPassed([result('a', 'pass'), result('b', 'fail'), result('d', 'skip'), always])), ['a', 'b']);
});
