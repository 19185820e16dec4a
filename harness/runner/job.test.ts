import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import type { TestResult, Verdict } from '../../reports/run-report.ts';
import { runJob } from './job.ts';
import type { Suite } from './suite.ts';

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
  'ok 3 - it sleeps # SKIP long: ONEVIP_DEPTH=long runs it',
  '1..3',
);

/** Runs a program as the suite, on a topology: it leaves these results where a suite does, and does the rest. */
async function runProgram(t: { testdir(): string }, rest: string, results?: TestResult[]) {
  const folder = t.testdir();
  const file = path.join(folder, 'program.ts');
  const name = path.relative(SUITES, file).replace(/\.ts$/, '');
  const run = path.join(folder, 'run');
  const own = path.join(run, `${name}@invention`);
  const write = (text: string) =>
    `writeFileSync(${JSON.stringify(path.join(own, 'verdicts.json'))}, ${JSON.stringify(text)});`;
  const lines = ["import { writeFileSync } from 'node:fs';", results ? write(JSON.stringify(results)) : '', rest];
  writeFileSync(file, lines.join('\n'));
  const suite: Suite = { name, title: '', topologies: ['invention-flat'], seconds: 1, tests: TESTS };
  const progress: string[] = [];
  const given = await runJob({ suite, topology: 'invention' }, run, (line) => progress.push(line));
  return { given, progress, tap: readFileSync(path.join(own, 'suite.tap'), 'utf8') };
}

/** What was added to the results that the suite wrote. */
async function complaint(t: { testdir(): string }, rest: string, results?: TestResult[]): Promise<TestResult> {
  const { given } = await runProgram(t, rest, results);
  const [added, ...more] = given.slice(results?.length ?? 0);
  if (!added || more.length > 0) throw new Error(`not one result was added, but ${given.length}`);
  return added;
}

t.test('the results are those that the suite wrote, its TAP is kept, and its tests are the progress', async (t) => {
  const { given, progress, tap } = await runProgram(t, SAID, BOTH);
  t.same(given, BOTH);
  t.same(progress, ['ok 1 - it answers # time=2ms', 'not ok 2 - it moves']);
  t.match(tap, /^TAP version 14\n {4}ok 1 - a claim\n/);
  const failed = [result('it answers', 'fail'), result('it moves', 'unknown'), ALWAYS];
  t.same((await runProgram(t, 'process.exit(1)', failed)).given, failed, 'a suite that failed says so itself');
});

t.test('the suite is told its topology and the folder of the run', async (t) => {
  const { tap } = await runProgram(t, 'console.log(process.env.ONEVIP_TOPOLOGY, process.env.ONEVIP_RUN)', BOTH);
  t.match(tap, /^invention \/.*\/run\n$/);
});

t.test('a suite that crashes has failed for everything that it should have proved', async (t) => {
  const added = await complaint(t, "throw new Error('no such device');");
  t.match(added, { verdict: 'fail', title: 'the suite runs to its end', proves: ['ARP-1', 'ARP-2', 'HA-1', 'HA-10'] });
  t.match(added.because, /ended with 1 before it had run: it answers; it moves\. .*no such device/s);
  t.match(added.runAgain, /^\.\/onevip conformance .* --topology invention$/);
  t.match(added.checks, [{ verdict: 'fail', because: added.because }]);
});

t.test('a suite that is killed has failed, whatever it had written', async (t) => {
  const added = await complaint(t, "process.kill(process.pid, 'SIGKILL');", BOTH);
  t.match(added, { verdict: 'fail', because: /^the suite was killed: a signal/ });
});

t.test('a suite that writes nothing, or not everything, has failed, though it ends well', async (t) => {
  t.match(await complaint(t, ''), { verdict: 'fail', because: /ended with 0 before it had run: it answers; it moves/ });
  t.match(await complaint(t, '', BOTH.slice(0, 1)), { because: /before it had run: it moves\./ });
});

t.test('a suite whose history was not judged as a whole has failed', async (t) => {
  const because = /^the suite ended with 0 before its history was judged as a whole/;
  t.match(await complaint(t, '', BOTH.slice(0, 2)), { verdict: 'fail', because });
});

t.test('a suite of which everything was skipped has no history, and is complete', async (t) => {
  const skipped = [result('it answers', 'skip'), result('it moves', 'skip')];
  t.same((await runProgram(t, '', skipped)).given, skipped);
  t.match(await complaint(t, 'process.exit(1)', skipped), { because: /and yet the suite ended with 1/ });
});

t.test('a long test is missed where long tests are wanted', async (t) => {
  process.env.ONEVIP_DEPTH = 'long';
  t.teardown(() => delete process.env.ONEVIP_DEPTH);
  t.match(await complaint(t, '', BOTH), { because: /before it had run: it sleeps\./ });
});

t.test('a suite that ends badly after its tests have passed has failed', async (t) => {
  const added = await complaint(t, "console.error('a lab is left'); process.exit(1);", BOTH);
  t.match(added, { verdict: 'fail', because: /^every test passed and yet the suite ended with 1\. a lab is left/ });
});

t.test('what a killed suite leaves running holds nothing up', async (t) => {
  const began = performance.now();
  const leave = "import { spawn } from 'node:child_process'; spawn('sleep', ['20'], { stdio: 'inherit' });";
  const added = await complaint(t, `${leave} setTimeout(() => process.kill(process.pid, 'SIGKILL'), 50);`, BOTH);
  t.match(added, { verdict: 'fail', because: /^the suite was killed: a signal/ });
  t.ok(performance.now() - began < 10_000, 'its child lives on for 20 s');
});
