import type { RunReport, TestResult, Verdict } from './run-report.ts';

/** Worst first: the verdict of several tests together is the first of these that one of them has. */
export const VERDICTS = ['fail', 'unknown', 'skip', 'pass'] as const satisfies Verdict[];

/** How a count of each verdict reads. */
export const COUNTED: Record<Verdict, string> = {
  pass: 'passed',
  fail: 'failed',
  unknown: 'unknown',
  skip: 'skipped',
};

/**
 * A test as it is shown beside a requirement: what is judged in every suite stands there once for all suites where it passed, and a test
 * that was run several times once for all rounds in which it passed.
 */
export interface Shown {
  test: TestResult;
  /** Of how many suites it stands for; the test's own suite is one of them. */
  suites: number;
}

export function shownTests(tests: readonly TestResult[]): Shown[] {
  const isMany = ({ always, verdict }: TestResult) => always === true && verdict === 'pass';
  const isAgain = (test: TestResult) =>
    test.round !== undefined && test.verdict === 'pass' && test !== tests.find((one) => isSameTest(one, test));
  const many = [...Map.groupBy(tests.filter(isMany), ({ title }) => title).values()];
  const together = many.flatMap((same) => same.slice(0, 1).map((test) => ({ test, suites: suitesOf(same).length })));
  return [...tests.filter((test) => !isMany(test) && !isAgain(test)).map((test) => ({ test, suites: 1 })), ...together];
}

/** The suites of some tests; what is judged of a lab that several shared names all of them. */
export const suitesOf = (tests: readonly TestResult[]): string[] => tests.flatMap(({ suite }) => suite.split(', '));

/** Of the same suite and title, and passed. */
const isSameTest = (one: TestResult, other: TestResult): boolean =>
  one.suite === other.suite && one.title === other.title && one.verdict === other.verdict;

/** Where a test was seen: in its suite, or in so many. */
export const seenIn = ({ test, suites }: Shown): string => (suites === 1 ? test.suite : `in ${suites} suites`);

/** The verdict of several together; `undefined` where there are none. */
export const worst = (verdicts: readonly Verdict[]): Verdict | undefined =>
  VERDICTS.find((verdict) => verdicts.includes(verdict));

/** Number of tests with each verdict. */
export function totals({ results }: RunReport): Record<Verdict, number> {
  const count = (verdict: Verdict) => results.filter((result) => result.verdict === verdict).length;
  return { pass: count('pass'), fail: count('fail'), unknown: count('unknown'), skip: count('skip') };
}

/** `41 passed, 0 failed, 1 unknown, 2 skipped`: the line that ends a run, and that programs may read. */
export function totalsLine(report: RunReport): string {
  const counts = totals(report);
  return (['pass', 'fail', 'unknown', 'skip'] as const)
    .map((verdict) => `${counts[verdict]} ${COUNTED[verdict]}`)
    .join(', ');
}

/** Tests by suite, suites in the order of their first result. */
export function bySuite(results: readonly TestResult[]): [suite: string, tests: TestResult[]][] {
  return [...Map.groupBy(results, ({ suite }) => suite)];
}

/** `840 ms`, `12.3 s`, `2 min 5 s` */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
