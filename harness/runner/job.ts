import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { TestResult } from '../../reports/run-report.ts';
import { collectGarbage } from '../lab/gc.ts';
import { PROJECT } from '../lab/run-folder.ts';
import type { Assignment, RunSettings } from './assignment.ts';
import { suiteFile } from './discover.ts';
import { type Group, groupFolder, type Job } from './suite.ts';
import { commandOf } from './test-command.ts';

/** No suite takes this long unless it hangs; of each round, and of each of those that share a lab. */
const TIME_LIMIT_MS = 300_000;
const DRAIN_WITHIN_MS = 2000;
/** A suite that is interrupted takes its lab down; after this it is killed, and the lab is garbage. */
const TIDY_WITHIN_MS = 10_000;
/**
 * A suite lives for seconds, with everything that it has seen in memory: room for it, and no threads of V8's own that tidy beside it,
 * take 7 % less of the processors that its lab needs (measured with the suite `forwarding`). Nothing is left over in the first 768 MiB
 * that were worth a search: without it the suite and its lab take a fifth less, 31 instead of 38 s of processors, and the suite 860
 * instead of 1080 MiB (`reload`, means of two runs of each, by turns, on a machine that others used).
 */
const ENGINE = [
  ...['--min-semi-space-size=64', '--max-semi-space-size=64', '--single-threaded-gc'],
  '--initial-old-space-size=768',
];
/** A test's own line in TAP: not one of its assertions, which are indented, and not of a test that was left out. */
const TEST_LINE = /^(?:not )?ok \d+ - (?!.* # SKIP)(.*?)(?: # time=.*)?$/;

export interface JobOptions {
  /** Folder of the run. */
  run: string;
  settings: RunSettings;
  /** Called with each test's line of TAP. */
  progress(line: string): void;
  /** Ends the job: what it has found by then stands. */
  signal?: AbortSignal;
}

export interface JobOutcome {
  results: TestResult[];
  /** Tests that were not begun, or not ended: because of an interruption, or of a failure after which nothing was to be begun. */
  notRun: { job: Job; title: string }[];
}

/**
 * Runs one suite on one topology, or some that share a lab there, in a process of their own. Its TAP goes to `suite.tap` in its folder,
 * each test's end to `progress`. The results are those that it wrote; of a suite that ends otherwise than they say, something is unknown.
 */
export async function runGroup(group: Group, options: JobOptions): Promise<JobOutcome> {
  const { run, settings, signal } = options;
  const folder = groupFolder(run, group);
  mkdirSync(folder, { recursive: true });
  const began = performance.now();
  const ended = signal?.aborted ? { exitCode: null, stderr: '' } : await runProcess(group, folder, options);
  const results = readResults(path.join(folder, 'verdicts.json'));
  const notRun = group.flatMap((job) => missingOf(job, results).map((title) => ({ job, title })));
  const isStopped = settings.failFast || settings.keepLabOnFail;
  if (signal?.aborted || (isStopped && results.some(({ verdict }) => verdict === 'fail'))) return { results, notRun };
  const added = group.flatMap((job) => {
    const complaint = contradiction(missingOf(job, results), results, ended);
    return complaint ? [broken(job, settings, complaint, performance.now() - began)] : [];
  });
  return { results: [...results, ...added], notRun: [] };
}

async function runProcess(group: Group, folder: string, { run, settings, progress, signal }: JobOptions) {
  const [{ suite, topology }] = group;
  const parts = group.map((job) => ({ suite: job.suite.name, titles: job.titles }));
  const assignment: Assignment = { ...settings, run, topology, parts };
  const child = spawn(process.execPath, [...ENGINE, suiteFile(suite.name), JSON.stringify(assignment)], {
    cwd: PROJECT,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIME_LIMIT_MS * settings.repeat * group.length,
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
  const forget = endOnAbort(child, signal);
  const [exitCode] = (await once(child, 'exit')) as [number | null];
  forget();
  await drained(child);
  if (!tap.writableEnded) tap.end();
  await finished(tap);
  return { exitCode, stderr };
}

/** Interrupts the suite when the signal says so, and kills it if that is not enough. */
function endOnAbort(child: ChildProcess, signal: AbortSignal | undefined): () => void {
  let killer: NodeJS.Timeout | undefined;
  const end = () => {
    child.kill('SIGINT');
    killer = setTimeout(() => child.kill('SIGKILL'), TIDY_WITHIN_MS);
  };
  signal?.addEventListener('abort', end, { once: true });
  return () => {
    signal?.removeEventListener('abort', end);
    clearTimeout(killer);
  };
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

const missingOf = ({ titles }: Job, results: readonly TestResult[]): string[] =>
  titles.filter((title) => !results.some((result) => result.title === title));

/** Why the results cannot stand alone: the process ended in another way than they tell, or they are not complete. */
function contradiction(
  missing: readonly string[],
  results: readonly TestResult[],
  { exitCode, stderr }: { exitCode: number | null; stderr: string },
): string | undefined {
  const last = stderr.trim().split('\n').slice(-12).join('\n');
  if (exitCode === null) return `the suite was killed: a signal, or the limit of ${TIME_LIMIT_MS / 1000} s. ${last}`;
  if (missing.length > 0) return `the suite ended with ${exitCode} before it had run: ${missing.join('; ')}. ${last}`;
  const wereDone = results.some(({ verdict }) => verdict !== 'skip');
  if (exitCode === 0 && wereDone && !results.some(({ always }) => always))
    return `the suite ended with ${exitCode} before its history was judged as a whole. ${last}`;
  const allPassed = results.every(({ verdict }) => verdict === 'pass' || verdict === 'skip');
  if (allPassed && exitCode !== 0) return `every test passed and yet the suite ended with ${exitCode}. ${last}`;
  return undefined;
}

/** A suite that breaks down is no verdict on the system under test: whatever it should have proved is unknown. */
function broken(job: Job, settings: RunSettings, because: string, durationMs: number): TestResult {
  const { suite, topology, titles } = job;
  const title = 'the suite runs to its end';
  return {
    suite: suite.name,
    title,
    proves: [...new Set(titles.flatMap((each) => suite.tests[each]?.proves ?? []))],
    verdict: 'unknown',
    because,
    checks: [{ name: title, verdict: 'unknown', because, evidence: [] }],
    durationMs,
    runAgain: commandOf({ suite: suite.name, topology }, settings),
    files: [],
  };
}
