import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import type { TestResult } from '../../reports/run-report.ts';
import { collectGarbage } from '../lab/gc.ts';
import { PROJECT } from '../lab/run-folder.ts';
import { suiteFile } from './discover.ts';
import { type Job, jobFolder, leftOut } from './suite.ts';

/** No suite takes this long unless it hangs. */
const TIME_LIMIT_MS = 300_000;
const DRAIN_WITHIN_MS = 2000;
/**
 * A suite lives for seconds, with everything that it has seen in memory: room for it, and no threads of V8's own that tidy
 * beside it, take 7 % less of the processors that its lab needs (measured with the suite `forwarding`).
 */
const ENGINE = ['--min-semi-space-size=64', '--max-semi-space-size=64', '--single-threaded-gc'];
/** A test's own line in TAP: not one of its assertions, which are indented, and not of a test that was left out. */
const TEST_LINE = /^(?:not )?ok \d+ - (?!.* # SKIP)(.*?)(?: # time=.*)?$/;

/**
 * Runs one suite on one topology in a process of its own. Its TAP goes to `suite.tap` in its folder, each test's end to
 * `progress`. The results are those that the suite wrote; a suite that ends otherwise than they say has failed.
 */
export async function runJob(job: Job, run: string, progress: (line: string) => void): Promise<TestResult[]> {
  const folder = jobFolder(run, job);
  mkdirSync(folder, { recursive: true });
  const began = performance.now();
  const { exitCode, stderr } = await runProcess(job, run, folder, progress);
  const results = readResults(path.join(folder, 'verdicts.json'));
  const complaint = contradiction(job, results, exitCode, stderr);
  return complaint ? [...results, crashed(job, complaint, performance.now() - began)] : results;
}

function runProcess(job: Job, run: string, folder: string, progress: (line: string) => void) {
  const env = { ...process.env, ONEVIP_RUN: run, ONEVIP_TOPOLOGY: job.topology };
  const child = spawn(process.execPath, [...ENGINE, suiteFile(job.suite.name)], {
    cwd: PROJECT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIME_LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  const tap = createWriteStream(path.join(folder, 'suite.tap'));
  child.stdout.pipe(tap);
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (TEST_LINE.test(line)) progress(line);
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise<{ exitCode: number | null; stderr: string }>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exitCode) => drained(child).then(() => resolve({ exitCode, stderr }), reject));
  });
}

/**
 * Waits until nobody holds the other end of the suite's streams. What a suite that was killed has started holds them still,
 * until its lab is taken down; whatever is left after that has nothing to say to us.
 */
async function drained(child: ChildProcess): Promise<void> {
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  const ended = Promise.all(streams.map((stream) => (stream.closed ? undefined : once(stream, 'close'))));
  if (child.signalCode !== null) await collectGarbage();
  await Promise.race([ended, pause(DRAIN_WITHIN_MS, undefined, { ref: false })]);
  for (const stream of streams) stream.destroy();
}

function readResults(file: string): TestResult[] {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as TestResult[]) : [];
}

/** Why the results cannot stand alone: the process ended in another way than they tell, or they are not complete. */
function contradiction(job: Job, results: TestResult[], exitCode: number | null, stderr: string): string | undefined {
  const last = stderr.trim().split('\n').slice(-12).join('\n');
  if (exitCode === null) return `the suite was killed: a signal, or the limit of ${TIME_LIMIT_MS / 1000} s. ${last}`;
  const omitted = leftOut(job);
  const missing = Object.keys(job.suite.tests).filter(
    (title) => !omitted.has(title) && !results.some((result) => result.title === title),
  );
  if (missing.length > 0) return `the suite ended with ${exitCode} before it had run: ${missing.join('; ')}. ${last}`;
  if (!results.some(({ always }) => always))
    return `the suite ended with ${exitCode} before its history was judged as a whole. ${last}`;
  const allPassed = results.every(({ verdict }) => verdict === 'pass');
  if (allPassed && exitCode !== 0) return `every test passed and yet the suite ended with ${exitCode}. ${last}`;
  return undefined;
}

function crashed({ suite, topology }: Job, because: string, durationMs: number): TestResult {
  return {
    suite: suite.name,
    title: 'the suite runs to its end',
    proves: [...new Set(Object.values(suite.tests).flatMap(({ proves }) => proves))],
    verdict: 'fail',
    because,
    checks: [{ name: 'the suite runs to its end', verdict: 'fail', because, evidence: [] }],
    durationMs,
    runAgain: `./onevip conformance ${suite.name} --topology ${topology}`,
    files: [],
  };
}
