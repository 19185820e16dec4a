import { type Listed, requirementRows, totals } from './outcome.ts';
import type { RunReport } from './run-report.ts';

/** The whole report as JSON, with what follows from it: the totals, and the verdict of each requirement. */
export function jsonReport(report: RunReport, catalogue: readonly Listed[]): string {
  const requirements = requirementRows(report, catalogue).map(({ id, verdict, beyond, tests }) => ({
    id,
    verdict,
    ...(beyond !== undefined && { beyond }),
    tests: tests.map(({ suite, title }) => ({ suite, title })),
  }));
  return `${JSON.stringify({ ...report, totals: totals(report), requirements }, undefined, 2)}\n`;
}
