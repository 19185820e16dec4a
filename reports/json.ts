import { claimRows } from './claim-rows.ts';
import { invariantRows } from './invariant-rows.ts';
import { suitesOf, totals } from './outcome.ts';
import { type Listing, type RequirementRow, requirementRows } from './requirement-rows.ts';
import type { RunReport, TestResult } from './run-report.ts';

/** The whole report as JSON, with what follows from it: totals, and the verdicts of requirements, invariants and claims. */
export function jsonReport(report: RunReport, listing: Listing): string {
  const derived = {
    totals: totals(report),
    requirements: requirementRows(report, listing.requirements).map(requirement),
    invariants: invariantRows(report).map(({ tests, ...row }) => ({ ...row, suites: suitesOf(tests) })),
    claims: claimRows(report, listing).map(({ requirements, ...row }) => ({
      ...row,
      requirements: requirements.map(({ id, verdict }) => ({ id, verdict })),
    })),
  };
  return `${JSON.stringify({ ...report, ...derived }, undefined, 2)}\n`;
}

const named = (tests: readonly TestResult[]) => tests.map(({ suite, title }) => ({ suite, title }));

function requirement({ id, verdict, beyond, tests, aspects }: RequirementRow) {
  return {
    id,
    verdict,
    ...(beyond !== undefined && { beyond }),
    ...(aspects.length > 0 && { aspects: aspects.map((aspect) => ({ ...aspect, tests: named(aspect.tests) })) }),
    tests: named(tests),
  };
}
