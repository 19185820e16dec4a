import { suitesOf, worst } from './outcome.ts';
import type { RunReport, TestResult, Verdict } from './run-report.ts';

/** What is judged in every suite, over the whole of what was seen there. */
export interface InvariantRow {
  title: string;
  proves: string[];
  verdict: Verdict;
  /** Where it was judged. */
  tests: TestResult[];
  /** By which suite, from when to when, and why: it was not judged there. */
  brokenOnPurpose: string[];
}

/** One row for each invariant of the run, with the worst of its verdicts. */
export function invariantRows({ results }: RunReport): InvariantRow[] {
  const judged = Map.groupBy(
    results.filter(({ always }) => always),
    ({ title }) => title,
  );
  return [...judged].map(([title, tests]) => ({
    title,
    tests,
    proves: [...new Set(tests.flatMap(({ proves }) => proves))],
    verdict: worst(tests.map(({ verdict }) => verdict)) ?? 'unknown',
    brokenOnPurpose: tests.flatMap(({ suite, brokenOnPurpose = [] }) =>
      brokenOnPurpose.map((text) => `${suite}: ${text}`),
    ),
  }));
}

/** `in 27 suites`; `in 26 of 27 suites` where the others are another matter. */
export function judgedIn({ tests }: InvariantRow): string {
  const all = suitesOf(tests).length;
  const passed = suitesOf(tests.filter(({ verdict }) => verdict === 'pass')).length;
  const suites = all === 1 ? '1 suite' : `${all} suites`;
  return passed === all ? `held in ${suites}` : `held in ${passed} of ${suites}`;
}
