import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { NotRun, RunReport, TestResult } from '../../reports/run-report.ts';
import { RECORD_FILE as FILE, PROJECT } from '../lab/run-folder.ts';
import { withFiles } from './result-files.ts';
import type { Job } from './suite.ts';

/** What of a run is written down when it begins, so that its results can be told without whoever ran it. */
export interface RunRecord extends Omit<RunReport, 'durationMs' | 'results' | 'topology' | 'folder'> {
  format: 1;
  /** What was to be run, by suite and topology. */
  jobs: { suite: string; topology: string; titles: string[] }[];
}

export const recordOf = (report: Omit<RunRecord, 'format' | 'jobs'>, jobs: readonly Job[]): RunRecord => ({
  format: 1,
  ...report,
  jobs: jobs.map(({ suite, topology, titles }) => ({ suite: suite.name, topology, titles })),
});

export const writeRecord = (folder: string, record: RunRecord): void =>
  writeFileSync(path.join(folder, FILE), `${JSON.stringify(record, undefined, 2)}\n`);

/** @throws an Error that says what the folder is not, or what to do about it */
export function readRecord(folder: string): RunRecord {
  const file = path.join(folder, FILE);
  if (!existsSync(file)) throw new Error(`${folder} is no folder of a run: there is no ${FILE} in it`);
  const record = JSON.parse(readFileSync(file, 'utf8')) as RunRecord;
  if (record.format !== 1) throw new Error(`${file} has the format ${record.format}; this program reads format 1`);
  return record;
}

/** All that the suites of a run have written until now, whether it has ended or not. Paths of files are told from `into`. */
export function resultsIn(folder: string, into = folder): TestResult[] {
  const suites = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const there = path.relative(into, folder);
  return suites.flatMap(({ name }) => {
    const file = path.join(folder, name, 'verdicts.json');
    if (!existsSync(file)) return [];
    const results = withFiles(JSON.parse(readFileSync(file, 'utf8')) as TestResult[], path.join(folder, name));
    return results.map((result) => ({ ...result, files: result.files.map((each) => path.join(there, each)) }));
  });
}

/**
 * One report of several runs: of its parts, or of one that was interrupted. What was to be run and has no result is said.
 * @param into folder of the report, from which the paths of files are told
 */
export function reportOf(folders: readonly string[], into: string): RunReport {
  const parts = folders.map((folder) => ({ record: readRecord(folder), results: resultsIn(folder, into) }));
  const [first] = parts;
  if (!first) throw new Error('there is no run to report');
  const { format: _, jobs: __, ...head } = first.record;
  const results = parts.flatMap((part) => part.results);
  const ended = parts.flatMap(({ record }) => (record.ended ? [record.ended] : []))[0];
  return {
    ...head,
    folder: path.relative(PROJECT, into),
    durationMs: results.reduce((sum, { durationMs }) => sum + durationMs, 0),
    topology: [...new Set(parts.flatMap(({ record }) => record.jobs.map(({ topology }) => topology)))].join(', '),
    command: parts.map(({ record }) => record.command).join('; '),
    results,
    notRun: [...unique(parts.flatMap(({ record }) => record.notRun)), ...parts.flatMap(notEnded)],
    ...(ended && { ended }),
  };
}

/** Left out by every part alike. */
const unique = (all: readonly NotRun[]): NotRun[] => [
  ...new Map(all.map((each) => [`${each.suite} ${each.title}`, each])).values(),
];

function notEnded({ record, results }: { record: RunRecord; results: TestResult[] }): NotRun[] {
  return record.jobs.flatMap(({ suite, topology, titles }) =>
    titles
      .filter((title) => !results.some((each) => each.title === title && each.suite.split('@')[0] === suite))
      .map((title) => ({
        suite,
        title,
        proves: [],
        because: 'the run ended before it',
        runIt: `./onevip conformance ${suite} --topology ${topology}`,
      })),
  );
}
