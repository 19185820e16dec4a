import type { NotRun, RunReport, TestResult } from '../../reports/run-report.ts';
import { readWaited } from '../lab/pressure.ts';
import type { RunSettings } from './assignment.ts';
import { runGroup } from './job.ts';
import { aloneFirst, type Lanes, roomBy } from './lanes.ts';
import { Progress } from './progress.ts';
import { withFiles } from './result-files.ts';
import { type Group, groupFolder, groupName, type Job, jobName } from './suite.ts';
import { commandOf } from './test-command.ts';

/** How a run's jobs went. */
export interface Conducted {
  results: TestResult[];
  /** What was selected and yet not run, because the run ended before it. */
  notRun: NotRun[];
  /** Milliseconds that each group of jobs took. */
  durations: Record<string, number>;
  ended?: Ended;
}

type Ended = NonNullable<RunReport['ended']>;

export interface ConductOptions {
  /** Folder of the run. */
  run: string;
  settings: RunSettings;
  lanes: Lanes;
  /** How long groups of jobs took in an earlier run, in milliseconds. */
  expected: Record<string, number>;
}

/**
 * Runs the groups of jobs, so many at a time. An interruption (SIGINT, SIGTERM) ends all of them at once: each takes its lab down, and
 * what was found by then stands. A second one does not wait for that.
 */
export async function conduct(groups: readonly Group[], options: ConductOptions): Promise<Conducted> {
  const { run, settings, lanes, expected } = options;
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
    groups.map((group) => expectation(group, expected)),
    lanes.most,
  );
  // What a suite says of a lab that is taken down under it is no news.
  const testEnded = (group: Group) => (line: string) => {
    // Where there are several, a title names its suite itself.
    if (!stop.signal.aborted) progress.testEnded(line, group.length === 1 ? groupName(group) : undefined);
  };
  const durations: Record<string, number> = {};
  const notRun: NotRun[] = [];
  const work = async (group: Group): Promise<TestResult[]> => {
    if (stop.signal.aborted) {
      for (const job of group) skip(job.titles.map((title) => ({ job, title })));
      return [];
    }
    const name = groupName(group);
    const beganMs = performance.now();
    progress.begins(name);
    const outcome = await runGroup(group, { run, settings, progress: testEnded(group), signal: stop.signal });
    progress.ends(name);
    durations[name] = performance.now() - beganMs;
    if (settings.failFast && outcome.results.some(({ verdict }) => verdict === 'fail')) end('after the first failure');
    skip(outcome.notRun);
    return withFiles(outcome.results, groupFolder(run, group));
  };
  const skip = (tests: readonly { job: Job; title: string }[]): void => {
    notRun.push(...tests.map(({ job, title }) => asNotRun(job, title, settings)));
  };
  const results = await aloneFirst(groups, isAlone, lanes, work, roomBy(readWaited));
  progress.close();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt);
  return { results: results.flat(), notRun, durations, ...(ended && { ended }) };
}

const isAlone = (group: Group): boolean => group.some(({ suite }) => suite.alone === true);

function expectation(group: Group, expected: Record<string, number>): { name: string; expectedMs?: number } {
  const name = groupName(group);
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
