import path from 'node:path';
import chalk from 'chalk';
import { terminalReport } from '../../reports/terminal.ts';
import { beginRun, endRun, newRunId, RUNS } from '../lab/run-folder.ts';
import { readCatalogue } from '../runner/catalogue.ts';
import { findRun } from '../runner/past-runs.ts';
import { reportOf } from '../runner/run-record.ts';
import { writeReports } from '../runner/write-reports.ts';
import { exitCodeOf } from './exit-code.ts';
import { EXIT, UserError } from './problem.ts';

/** `onevip merge RUN…`: one report of the parts of a run (`--shard`), or of one that was interrupted. */
export async function merge(runs: string[]): Promise<void> {
  const folders = runs.map((run) => {
    const folder = findRun(run);
    if (folder === undefined) throw new UserError(`there is no run ${run}; runs/ has one folder for each`, EXIT.usage);
    return folder;
  });
  const catalogue = readCatalogue();
  const id = newRunId(new Date());
  const report = { ...readReport(folders, path.join(RUNS, id)), id };
  const folder = beginRun(id);
  writeReports(folder, report, catalogue);
  endRun(folder);
  const terminal = { colour: chalk.level > 0, columns: process.stdout.columns ?? 0 };
  process.stdout.write(terminalReport(report, catalogue, terminal));
  console.log(`the report is ${path.join(folder, 'report.html')}`);
  process.exitCode = exitCodeOf(report);
}

function readReport(folders: string[], into: string) {
  try {
    return reportOf(folders, into);
  } catch (error) {
    throw new UserError(error instanceof Error ? error.message : String(error), EXIT.usage);
  }
}
