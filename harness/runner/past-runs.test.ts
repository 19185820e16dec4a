import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import type { TestResult, Verdict } from '../../reports/run-report.ts';
import { failedIn } from './past-runs.ts';

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

/** Of a run in which these folders have these results. */
function again(t: { testdir(): string }, folders: Record<string, TestResult[]>): Record<string, string[]> {
  const run = t.testdir();
  for (const [name, results] of Object.entries(folders)) {
    mkdirSync(path.join(run, name));
    writeFileSync(path.join(run, name, 'suite.tap'), '');
    writeFileSync(path.join(run, name, 'verdicts.json'), JSON.stringify(results));
  }
  return Object.fromEntries([...failedIn(run)].map(([job, titles]) => [job, [...titles]]));
}

const ALWAYS = { always: true } as const;

t.test('what failed, and what is not known, is run again; what passed or was skipped is not', async (t) => {
  const results = [result('a', 'pass'), result('b', 'fail'), result('c', 'unknown'), result('d', 'skip')];
  t.same(again(t, { 'arp@invention': results }), { 'arp@invention': ['b', 'c'] });
  t.same(again(t, { 'ha@invention': results.slice(0, 1) }), {});
});

t.test('where something did not hold in the whole history of a suite, all of its tests are', async (t) => {
  const results = [result('a', 'pass'), result('b', 'fail'), result('d', 'skip'), result('two', 'unknown', ALWAYS)];
  t.same(again(t, { 'arp@prior-art': results }), { 'arp@prior-art': ['a', 'b'] });
});

t.test(
  'of suites that shared a lab each is named alone, and all are run again where something did not hold in it',
  async (t) => {
    const [own, other] = [result('a', 'fail'), result('b', 'pass', { suite: 'ha' })];
    const always = result('two', 'pass', { ...ALWAYS, suite: 'arp, ha' });
    const folder = 'lab-of-arp@invention';
    t.same(again(t, { [folder]: [own, other, always] }), { 'arp@invention': ['a'] });
    t.same(again(t, { [`${folder}-flat`]: [own, other, { ...always, verdict: 'fail' }] }), {
      'arp@invention-flat': ['a'],
      'ha@invention-flat': ['b'],
    });
  },
);
