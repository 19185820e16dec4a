import type { NotRun, RunReport, TestResult } from '../../reports/run-report.ts';
import type { RunSettings } from './assignment.ts';
import { runJob } from './job.ts';
import { Progress } from './progress.ts';
import { withFiles } from './result-files.ts';
import { type Job, jobFolder, jobName } from './suite.ts';
import { commandOf } from './test-command.ts';

/** How a run's jobs went. */
export interface Conducted {
  results: TestResult[];
  /** What was selected and yet not run, because the run ended before it. */
  notRun: NotRun[];
  /** Milliseconds that each job took. */
  durations: Record<string, number>;
  ended?: Ended;
}

type Ended = NonNullable<RunReport['ended']>;

export interface ConductOptions {
  /** Folder of the run. */
  run: string;
  settings: RunSettings;
  jobsAtOnce: number;
  /** How long jobs took in an earlier run, in milliseconds. */
  expected: Record<string, number>;
}

/**
 * Runs the jobs, so many at a time. An interruption (SIGINT, SIGTERM) ends all of them at once: each takes its lab down, and
 * what was found by then stands. A second one does not wait for that.
 */
export async function conduct(jobs: readonly Job[], options: ConductOptions): Promise<Conducted> {
  const { run, settings, jobsAtOnce, expected } = options;
  const stop = new AbortController();
  let ended: Ended | undefined;
  const end = (why: Ended) => {
    if (ended === 'interrupted') process.exit(130);
    ended = why;
    stop.abort();
  };
  const interrupt = () => end('interrupted');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);
  const progress = new Progress(
    jobs.map((job) => expectation(job, expected)),
    jobsAtOnce,
  );
  // What a suite says of a lab that is taken down under it is no news.
  const testEnded = (name: string) => (line: string) => {
    if (!stop.signal.aborted) progress.testEnded(name, line);
  };
  const durations: Record<string, number> = {};
  const notRun: NotRun[] = [];
  const work = async (job: Job): Promise<TestResult[]> => {
    if (stop.signal.aborted) return skip(job, job.titles);
    const name = jobName(job);
    const beganMs = performance.now();
    progress.begins(name);
    const given = { run, settings, progress: testEnded(name), signal: stop.signal };
    const outcome = await runJob(job, given);
    progress.ends(name);
    durations[name] = performance.now() - beganMs;
    if (settings.failFast && outcome.results.some(({ verdict }) => verdict === 'fail')) end('after the first failure');
    skip(job, outcome.notRun);
    return withFiles(outcome.results, jobFolder(run, job));
  };
  const skip = (job: Job, titles: readonly string[]): TestResult[] => {
    notRun.push(...titles.map((title) => asNotRun(job, title, settings)));
    return [];
  };
  const results = await inParallel(jobs, jobsAtOnce, work);
  progress.close();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt);
  return { results: results.flat(), notRun, durations, ...(ended && { ended }) };
}

function expectation(job: Job, expected: Record<string, number>): { name: string; expectedMs?: number } {
  const name = jobName(job);
  const expectedMs = expected[name];
  return { name, ...(expectedMs !== undefined && { expectedMs }) };
}

const asNotRun = (job: Job, title: string, settings: RunSettings): NotRun => ({
  suite: jobName(job),
  title,
  proves: job.suite.tests[title]?.proves ?? [],
  because: 'the run ended before it',
  runIt: commandOf({ suite: job.suite.name, topology: job.topology }, settings),
});

/** Takes the jobs in order, `atOnce` of them at a time; the results come in the order of the jobs. */
async function inParallel<T>(jobs: readonly Job[], atOnce: number, work: (job: Job) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  const waiting = jobs.entries();
  const worker = async (): Promise<void> => {
    for (const [index, job] of waiting) results[index] = await work(job);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, jobs.length) }, worker));
  return results;
}
