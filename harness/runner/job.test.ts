import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import type { TestResult, Verdict } from '../../reports/run-report.ts';
import { DEFAULT_SETTINGS, type RunSettings } from './assignment.ts';
import { runGroup } from './job.ts';
import type { Job, Suite } from './suite.ts';

const SUITES = path.resolve(import.meta.dirname, '../../suites');

const promise = (...proves: string[]) => ({ proves, run: async () => ({}) });
const TESTS = {
  'it answers': promise('ARP-1', 'ARP-2'),
  'it moves': promise('ARP-2', 'HA-1'),
  'it sleeps': { ...promise('HA-10'), longSeconds: 60 },
};

function result(title: string, verdict: Verdict = 'pass'): TestResult {
  return { suite: 's', title, proves: [], verdict, because: '', checks: [], durationMs: 1, runAgain: '', files: [] };
}

const ALWAYS: TestResult = { ...result('no two speak at a time'), always: true };
const BOTH = [result('it answers'), result('it moves'), ALWAYS];

const print = (...lines: string[]): string => `console.log(${JSON.stringify(lines.join('\n'))});`;
const SAID = print(
  'TAP version 14',
  '    ok 1 - a claim',
  'ok 1 - it answers # time=2ms',
  'not ok 2 - it moves',
  'ok 3 - it sleeps # SKIP long',
  '1..3',
);

interface Given extends Partial<RunSettings> {
  titles?: string[];
  /** Of other suites, in the same lab. */
  others?: Job[];
  /** Interrupts it once it has said that a test ended. */
  interrupted?: true;
}

/** Runs a program as the suite, on a topology: it leaves these results where a suite does, and does the rest. */
async function runProgram(t: { testdir(): string }, rest: string, results?: TestResult[], given: Given = {}) {
  const folder = t.testdir();
  const file = path.join(folder, 'program.ts');
  const name = path.relative(SUITES, file).replace(/\.ts$/, '');
  const run = path.join(folder, 'run');
  const own = path.join(run, `${given.others ? 'lab-of-' : ''}${name}@invention`);
  const write = (text: string) =>
    `writeFileSync(${JSON.stringify(path.join(own, 'verdicts.json'))}, ${JSON.stringify(text)});`;
  const lines = ["import { writeFileSync } from 'node:fs';", results ? write(JSON.stringify(results)) : '', rest];
  writeFileSync(file, lines.join('\n'));
  const suite: Suite = { name, title: '', topologies: ['invention-flat'], seconds: 1, tests: TESTS };
  const progress: string[] = [];
  const { titles = ['it answers', 'it moves'], others = [], interrupted, ...settings } = given;
  const stop = new AbortController();
  const { notRun, ...outcome } = await runGroup([{ suite, topology: 'invention', titles }, ...others], {
    run,
    settings: { ...DEFAULT_SETTINGS, ...settings },
    progress: (line) => {
      progress.push(line);
      if (interrupted) stop.abort();
    },
    signal: stop.signal,
  });
  return {
    ...outcome,
    notRun: notRun.map(({ title }) => title),
    progress,
    tap: readFileSync(path.join(own, 'suite.tap'), 'utf8'),
  };
}

/** What was added to the results that the suite wrote. */
async function complaint(t: { testdir(): string }, rest: string, results?: TestResult[], given?: Given) {
  const { results: all } = await runProgram(t, rest, results, given);
  const [added, ...more] = all.slice(results?.length ?? 0);
  if (!added || more.length > 0) throw new Error(`not one result was added, but ${all.length}`);
  return added;
}

t.test('the results are those that the suite wrote, its TAP is kept, and its tests are the progress', async (t) => {
  const { results, progress, tap } = await runProgram(t, SAID, BOTH);
  t.same(results, BOTH);
  t.same(progress, ['ok 1 - it answers # time=2ms', 'not ok 2 - it moves']);
  t.match(tap, /^TAP version 14\n {4}ok 1 - a claim\n/);
  const failed = [result('it answers', 'fail'), result('it moves', 'unknown'), ALWAYS];
  t.same((await runProgram(t, 'process.exit(1)', failed)).results, failed, 'a suite that failed says so itself');
});

t.test('the suite is told all that it is to do in one message', async (t) => {
  const { tap } = await runProgram(t, 'console.log(process.argv[2])', BOTH, { repeat: 2, seed: 7, datapath: 'tc' });
  const told = {
    topology: 'invention',
    parts: [{ titles: ['it answers', 'it moves'] }],
    repeat: 2,
    seed: 7,
    datapath: 'tc',
    system: 'nlb',
  };
  t.match(JSON.parse(tap), { ...told, run: /\/run$/ });
});

t.test('tests that an interruption or the first failure left are no failures', async (t) => {
  const failed = [result('it answers', 'fail'), ALWAYS];
  const fast = await runProgram(t, 'process.exit(1)', failed, { failFast: true });
  t.same(fast.results, failed);
  t.same(fast.notRun, ['it moves']);
  const began = performance.now();
  const goesOn = `${print('ok 1 - it answers')} setTimeout(() => {}, 120_000);`;
  const ended = await runProgram(t, goesOn, [result('it answers')], { interrupted: true });
  t.same(ended.notRun, ['it moves']);
  t.ok(performance.now() - began < 60_000);
});

t.test('of a suite that crashes everything is unknown that it should have proved', async (t) => {
  const added = await complaint(t, "throw new Error('no such device');");
  t.match(added, { verdict: 'unknown', title: 'the suite runs to its end', proves: ['ARP-1', 'ARP-2', 'HA-1'] });
  t.match(added.because, /ended with 1 before it had run: it answers; it moves\. .*no such device/s);
  t.match(added.runAgain, /^\.\/onevip conformance .* --topology invention$/);
  t.match(added.checks, [{ verdict: 'unknown', because: added.because }]);
});

t.test('a suite that is killed proves nothing more, whatever it had written', async (t) => {
  const added = await complaint(t, "process.kill(process.pid, 'SIGKILL');", BOTH);
  t.match(added, { verdict: 'unknown', because: /^the suite was killed: a signal/ });
});

t.test('a suite that writes nothing, or not everything, leaves that unknown, though it ends well', async (t) => {
  t.match(await complaint(t, ''), {
    verdict: 'unknown',
    because: /ended with 0 before it had run: it answers; it moves/,
  });
  t.match(await complaint(t, '', BOTH.slice(0, 1)), { because: /before it had run: it moves\./ });
});

t.test('a suite whose history was not judged as a whole leaves that unknown', async (t) => {
  const because = /^the suite ended with 0 before its history was judged as a whole/;
  t.match(await complaint(t, '', BOTH.slice(0, 2)), { verdict: 'unknown', because });
});

t.test('a suite of which everything was skipped has no history, and is complete', async (t) => {
  const skipped = [result('it answers', 'skip'), result('it moves', 'skip')];
  t.same((await runProgram(t, '', skipped)).results, skipped);
  t.match(await complaint(t, 'process.exit(1)', skipped), { because: /and yet the suite ended with 1/ });
});

t.test('a test that was wanted, and has no result, is missed', async (t) => {
  const titles = Object.keys(TESTS);
  t.match(await complaint(t, '', BOTH, { titles }), { because: /before it had run: it sleeps\./ });
});

t.test('a suite that ends badly after its tests have passed is not believed', async (t) => {
  const added = await complaint(t, "console.error('a lab is left'); process.exit(1);", BOTH);
  t.match(added, { verdict: 'unknown', because: /^every test passed and yet the suite ended with 1\. a lab is left/ });
});

t.test('what a killed suite leaves running holds nothing up', async (t) => {
  const began = performance.now();
  const leave = "import { spawn } from 'node:child_process'; spawn('sleep', ['20'], { stdio: 'inherit' });";
  const added = await complaint(t, `${leave} setTimeout(() => process.kill(process.pid, 'SIGKILL'), 50);`, BOTH);
  t.match(added, { verdict: 'unknown', because: /^the suite was killed: a signal/ });
  t.ok(performance.now() - began < 10_000, 'its child lives on for 20 s');
});

t.test('suites that share a lab are told in one message, and have their results in one folder', async (t) => {
  const tests = { 'it waits': promise('HA-2') };
  const other: Job = {
    suite: { name: 'other', title: '', topologies: ['invention'], seconds: 1, tests },
    topology: 'invention',
    titles: ['it waits'],
  };
  const results = [...BOTH, { ...result('it waits'), suite: 'other' }];
  const good = await runProgram(t, 'console.log(process.argv[2])', results, { others: [other] });
  t.same(good.results, results);
  t.match(JSON.parse(good.tap).parts, [
    { titles: ['it answers', 'it moves'] },
    { suite: 'other', titles: ['it waits'] },
  ]);
  const { results: all } = await runProgram(t, '', BOTH, { others: [other] });
  t.match(all.slice(BOTH.length), [{ suite: 'other', proves: ['HA-2'], because: /had run: it waits\./ }]);
});
