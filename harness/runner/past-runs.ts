import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TestResult } from '../../reports/run-report.ts';
import { RUNS } from '../lab/run-folder.ts';
import { resultsIn } from './run-record.ts';

/** The runs that are kept on disk: `runs/`, one folder for each. */

/** As `newRunId` names them: by time. */
const RUN_NAME = /^\d{8}-\d{6}-[0-9a-f]{4}$/;

/** Folders of runs, the oldest first. */
function pastRuns(): string[] {
  if (!existsSync(RUNS)) return [];
  const names = readdirSync(RUNS).filter((name) => RUN_NAME.test(name));
  return names.sort().map((name) => path.join(RUNS, name));
}

/** The names of runs, the oldest first. */
export const runIds = (): string[] => pastRuns().map((folder) => path.basename(folder));

/** Removes the oldest runs but for so many, and gives how many those were. Those that are not over stay. */
export function pruneRuns(keep: number): number {
  const over = pastRuns().filter((folder) => !existsSync(path.join(folder, 'owner.json')));
  const old = over.slice(0, Math.max(0, over.length - keep));
  for (const folder of old) rmSync(folder, { recursive: true, force: true });
  return old.length;
}

/** The folder of a run, by its name, its path, or `latest`. Undefined where there is none. */
export function findRun(name: string): string | undefined {
  const candidates = [path.join(RUNS, name), path.resolve(name)];
  return candidates.find((folder) => existsSync(folder) && statSync(folder).isDirectory());
}

/** What did not pass in the last run, by job: the titles of its tests. Undefined where there is no run that has ended. */
export function lastFailed(): Map<string, Set<string>> | undefined {
  const folder = findRun('latest');
  return folder === undefined ? undefined : failedIn(folder);
}

/** The same of the run in that folder. */
export function failedIn(folder: string): Map<string, Set<string>> {
  const again = [...Map.groupBy(resultsIn(folder), folderOf).values()].flatMap(notPassed);
  return new Map([...Map.groupBy(again, jobOf)].map(([job, tests]) => [job, new Set(tests.map(({ title }) => title))]));
}

/** Of the tests of a folder, those that are to be run again: all of them, where something did not hold in the whole history. */
function notPassed(results: readonly TestResult[]): TestResult[] {
  const bad = results.filter(({ verdict }) => verdict === 'fail' || verdict === 'unknown');
  const again = bad.some(({ always }) => always) ? results.filter(({ verdict }) => verdict !== 'skip') : bad;
  return again.filter(({ always }) => !always);
}

/** `arp@invention`, or `lab-of-arp@invention`: where its files lie. */
const folderOf = ({ files, suite }: TestResult): string => files[0]?.split('/')[0] ?? suite;

/** `arp@invention`: a result names the topology only where it is not its suite's first. */
function jobOf(result: TestResult): string {
  const [name = ''] = result.suite.split('@');
  const [, topology] = folderOf(result).split('@');
  return topology === undefined ? name : `${name}@${topology}`;
}

const DURATIONS = 'durations.json';

export const writeDurations = (folder: string, durations: Record<string, number>): void =>
  writeFileSync(path.join(folder, DURATIONS), `${JSON.stringify(durations)}\n`);

/** How long each job took when it was last run, in milliseconds. */
export function pastDurations(): Record<string, number> {
  const files = pastRuns().map((folder) => path.join(folder, DURATIONS));
  const known = files.filter((file) => existsSync(file)).slice(-5);
  return Object.assign({}, ...known.map((file) => JSON.parse(readFileSync(file, 'utf8')))) as Record<string, number>;
}
