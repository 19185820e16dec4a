import path from 'node:path';
import type { NotRun, RunReport } from '../../reports/run-report.ts';
import { collectGarbage } from '../lab/gc.ts';
import { beginRun, endRun, newRunId, PROJECT } from '../lab/run-folder.ts';
import type { RunSettings } from '../runner/assignment.ts';
import type { Catalogue } from '../runner/catalogue.ts';
import { conduct } from '../runner/conduct.ts';
import type { Lanes } from '../runner/lanes.ts';
import { pastDurations, writeDurations } from '../runner/past-runs.ts';
import { recordOf, reportOf, writeRecord } from '../runner/run-record.ts';
import type { Depth, Group } from '../runner/suite.ts';
import { pointLatest, writeReports } from '../runner/write-reports.ts';
import { runConditions } from './run-conditions.ts';

/** What a run found that was killed: it says so itself from now on. */
export function reportInterrupted(folder: string, catalogue: Catalogue): void {
  const report: RunReport = { ...reportOf([folder], folder), ended: 'interrupted' };
  writeReports(folder, report, catalogue);
  console.log(
    `the run ${path.basename(folder)} was killed; what it had found is in ${path.join(folder, 'report.html')}`,
  );
}

/** What is to be run, and how. */
export interface PlannedRun {
  groups: readonly Group[];
  lanes: Lanes;
  leftOut: NotRun[];
  depth: Depth;
  settings: RunSettings;
  catalogue: Catalogue;
}

/** Runs the groups of jobs in a folder of their own, and writes every form of the report there. */
export async function runSuites({
  groups,
  lanes,
  leftOut,
  depth,
  settings,
  catalogue,
}: PlannedRun): Promise<RunReport> {
  const run = beginRun(newRunId(new Date()));
  const jobs = groups.flat();
  const began = performance.now();
  const record = recordOf(
    {
      id: path.basename(run),
      startedAt: new Date().toISOString(),
      ...(await runConditions(depth, settings)),
      command: `./onevip ${process.argv.slice(2).join(' ')}`,
      notRun: leftOut,
    },
    jobs,
  );
  writeRecord(run, record);
  pointLatest(run);
  const { results, notRun, durations, ended } = await conduct(groups, {
    run,
    settings,
    lanes,
    expected: pastDurations(),
  });
  // A suite that crashed may have left its lab.
  await collectGarbage();
  writeRecord(run, { ...record, ...(ended && { ended }) });
  writeDurations(run, durations);
  const { format: _, jobs: __, ...head } = record;
  const report: RunReport = {
    ...head,
    folder: path.relative(PROJECT, run),
    topology: [...new Set(jobs.map(({ topology }) => topology))].join(', '),
    durationMs: performance.now() - began,
    results,
    notRun: [...leftOut, ...notRun],
    ...(ended && { ended }),
  };
  writeReports(run, report, catalogue);
  endRun(run);
  return report;
}
