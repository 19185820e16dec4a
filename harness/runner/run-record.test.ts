import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import type { TestResult } from '../../reports/run-report.ts';
import { type RunRecord, readRecord, reportOf, writeRecord } from './run-record.ts';

const RECORD: RunRecord = {
  format: 1,
  id: '20261126-220000-abcd',
  startedAt: '2026-11-26T22:00:00.000Z',
  machine: { cores: 2, memoryBytes: 2 ** 33, cpu: 'A Processor' },
  datapath: 'auto',
  depth: 'brief',
  versions: {},
  system: { name: 'nlb', version: '0.1.0' },
  command: './onevip conformance --shard 1/2',
  notRun: [
    { suite: 'stall', title: 'long', proves: ['HA-10'], because: 'long', runIt: './onevip conformance stall --long' },
  ],
  jobs: [{ suite: 'arp', topology: 'invention', titles: ['it answers', 'it is silent'] }],
};

const result = (suite: string, title: string): TestResult => ({
  suite,
  title,
  proves: ['ARP-1'],
  verdict: 'pass',
  because: '',
  checks: [],
  durationMs: 10,
  runAgain: '',
  files: [],
});

function run(base: string, name: string, record: RunRecord, suite: string, results: TestResult[]): string {
  const folder = path.join(base, name);
  mkdirSync(path.join(folder, suite), { recursive: true });
  writeRecord(folder, record);
  writeFileSync(path.join(folder, suite, 'verdicts.json'), JSON.stringify(results));
  return folder;
}

t.test('a run that was killed is told from what it was to do and what it has found', async (t) => {
  const folder = run(t.testdir(), 'killed', RECORD, 'arp@invention', [result('arp', 'it answers')]);
  const report = reportOf([folder], folder);
  t.same(report.results, [result('arp', 'it answers')]);
  t.match(report, { id: RECORD.id, topology: 'invention', command: RECORD.command, machine: RECORD.machine });
  t.match(report.notRun, [
    { suite: 'stall', because: 'long' },
    { suite: 'arp', title: 'it is silent', because: 'the run ended before it' },
  ]);
});

t.test('the parts of a run make one report; what each left out stands there once', async (t) => {
  const base = t.testdir();
  const one = run(base, 'one', { ...RECORD, jobs: [] }, 'arp@invention', [result('arp', 'it answers')]);
  const jobs = [{ suite: 'ha', topology: 'invention-flat', titles: ['it moves'] }];
  const other = { ...RECORD, jobs, ended: 'interrupted' as const, command: './onevip conformance --shard 2/2' };
  const two = run(base, 'other', other, 'ha@invention-flat', [result('ha@invention-flat', 'it moves')]);
  writeFileSync(path.join(two, 'ha@invention-flat', 'history.jsonl'), '');
  const report = reportOf([one, two], path.join(base, 'merged'));
  t.same(report.results[1]?.files, ['../other/ha@invention-flat/history.jsonl'], 'from where the report lies');
  t.same(
    report.results.map(({ suite }) => suite),
    ['arp', 'ha@invention-flat'],
  );
  t.equal(report.notRun.length, 1);
  t.match(report, { ended: 'interrupted', durationMs: 20, command: /1\/2; .*2\/2$/ });
});

t.test('what is no run, or one of another format, is refused', async (t) => {
  t.throws(() => readRecord(t.testdir()), /is no folder of a run: there is no run\.json in it/);
  const later = run(t.testdir(), 'later', { ...RECORD, format: 2 as 1 }, 'arp@invention', []);
  t.throws(() => readRecord(later), /has the format 2; this program reads format 1/);
});
