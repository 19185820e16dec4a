import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import type { RunReport, TestResult } from '../../reports/run-report.ts';
import { PROJECT } from '../lab/run-folder.ts';
import type { Suite } from '../runner/suite.ts';
import { type PlantedBug, readBug } from './bug.ts';
import type { ConformanceRuns } from './conformance.ts';
import { type TryParts, tryBug } from './try.ts';

const BUG: PlantedBug = readBug('takes-over-late');
const suite = (name: string, seconds: number): Suite => {
  return {
    name,
    title: name,
    seconds,
    topologies: ['invention'],
    tests: { it: { proves: ['HA-1'], run: async () => ({}) } },
  };
};

const result = (verdict: 'pass' | 'fail', title = 'it'): TestResult => {
  const checks = [{ name: 'claim', verdict, because: '', evidence: [] }];
  return { suite: 'x', title, proves: ['HA-1'], verdict, because: '', checks, durationMs: 1, runAgain: '', files: [] };
};

/** Runs that give these verdicts, and look at the copy. */
function runsGiving(verdicts: readonly ('pass' | 'fail')[], look: (copy: string) => void = () => {}): ConformanceRuns {
  const left = [...verdicts];
  return {
    run: async (copy) => {
      look(copy);
      const verdict = left.shift();
      if (verdict === undefined) throw new Error('the machine cannot run it');
      return { results: [result(verdict)] } as unknown as RunReport;
    },
    interrupt: () => {},
  };
}

const partsWith = (folder: string, runs: ConformanceRuns, interrupted = false): TryParts => ({
  suites: [suite('second', 9), suite('first', 5)],
  runs,
  folder,
  isInterrupted: () => interrupted,
  began: () => {},
});

t.test(
  'the copy has the change and all else as it is; the project is untouched; nothing stays of a bug that was caught',
  async (t) => {
    const folder = t.testdir();
    const file = 'nlb/pair/peer.ts';
    const before = readFileSync(path.join(PROJECT, file), 'utf8');
    const look = (copy: string) => {
      t.match(readFileSync(path.join(copy, file), 'utf8'), 'return 6 * (leaseOf');
      for (const same of ['nlb/pair/role.ts', 'suites/arp.ts', 'package.json', 'nlb/datapath/program/datapath.bpf.o'])
        t.ok(readFileSync(path.join(copy, same)).equals(readFileSync(path.join(PROJECT, same))), same);
      t.notOk(existsSync(path.join(copy, 'runs')), 'no results of other runs');
    };
    const tried = await tryBug(BUG, partsWith(folder, runsGiving(['fail'], look)));
    t.same([tried.verdict, tried.ran], ['caught', ['first']]);
    t.equal(readFileSync(path.join(PROJECT, file), 'utf8'), before);
    t.same(readdirSync(folder), []);
  },
);

t.test('suites run until one catches it', async (t) => {
  const tried = await tryBug(BUG, partsWith(t.testdir(), runsGiving(['pass', 'fail'])));
  t.same([tried.verdict, tried.ran], ['caught', ['first', 'second']]);
});

t.test('of one that is missed the results stay, and not the copy', async (t) => {
  const folder = t.testdir();
  const tried = await tryBug(BUG, partsWith(folder, runsGiving(['pass', 'pass'])));
  t.same([tried.verdict, tried.ran], ['missed', ['first', 'second']]);
  t.equal(tried.results, path.join(folder, BUG.name));
  t.notOk(existsSync(path.join(folder, BUG.name, 'copy')));
});

t.test('a run that gives no report, and a change that does not apply, prove nothing and are said', async (t) => {
  const folder = t.testdir();
  const tried = await tryBug(BUG, partsWith(folder, runsGiving([])));
  t.same([tried.verdict, tried.note], ['not run', 'the machine cannot run it']);
  const [edit] = BUG.edits;
  const stale = { ...BUG, edits: edit ? [{ ...edit, replace: 'what is no more' }] : [] };
  t.match(await tryBug(stale, partsWith(folder, runsGiving(['fail']))), { verdict: 'not run', note: 'occurs 0 times' });
  t.notOk(existsSync(path.join(folder, BUG.name, 'copy')));
});

t.test('one that is interrupted has no verdict, and leaves no copy', async (t) => {
  const folder = t.testdir();
  const tried = await tryBug(BUG, partsWith(folder, runsGiving(['fail']), true));
  t.same([tried.verdict, tried.ran], ['not run', []]);
  t.notOk(existsSync(path.join(folder, BUG.name, 'copy')));
});
