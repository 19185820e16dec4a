import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { htmlReport } from '../../reports/html.ts';
import { jsonReport } from '../../reports/json.ts';
import { junitReport } from '../../reports/junit.ts';
import { markdownReport } from '../../reports/markdown.ts';
import type { RunReport } from '../../reports/run-report.ts';
import type { Catalogue } from './catalogue.ts';

/** Every form of the report goes into the run's folder. */
export function writeReports(folder: string, report: RunReport, catalogue: Catalogue): void {
  const write = (file: string, text: string) => writeFileSync(path.join(folder, file), text);
  write('report.json', jsonReport(report, catalogue));
  write('report.xml', junitReport(report, catalogue));
  write('report.md', markdownReport(report, catalogue));
  write('report.html', htmlReport(report, catalogue));
}

/** From now on `runs/latest` is that run. */
export function pointLatest(folder: string): void {
  const latest = path.join(path.dirname(folder), 'latest');
  rmSync(latest, { force: true });
  symlinkSync(path.basename(folder), latest);
}
