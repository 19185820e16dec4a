import type { RunReport, TestResult, Verdict } from './run-report.ts';

/** A requirement as the catalogue lists it, as far as reports show it. */
export interface Listed {
  id: string;
  text: string;
  /** The part of it that no packet in a lab can show, why, and what shows it. */
  beyond?: string | undefined;
}

export interface RequirementRow extends Listed {
  verdict: Verdict | 'not tested';
  tests: TestResult[];
}

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
 * One row for each requirement, in the catalogue's order: the worst verdict of its tests, or `not tested`. An id that a
 * test names and the catalogue lacks has a row too, at the end, so that no result is lost.
 */
export function requirementRows({ results }: RunReport, catalogue: readonly Listed[]): RequirementRow[] {
  const listed = new Set(catalogue.map(({ id }) => id));
  const strangers = new Set(results.flatMap(({ proves }) => proves).filter((id) => !listed.has(id)));
  return [...catalogue, ...[...strangers].map((id) => ({ id, text: '' }))].map((listed: Listed) => {
    const tests = results.filter(({ proves }) => proves.includes(listed.id));
    return { ...listed, tests, verdict: worst(tests) ?? 'not tested' };
  });
}

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
  const together = many.flatMap(([test, ...more]) => (test ? [{ test, suites: 1 + more.length }] : []));
  return [...tests.filter((test) => !isMany(test) && !isAgain(test)).map((test) => ({ test, suites: 1 })), ...together];
}

/** Of the same suite and title, and passed. */
const isSameTest = (one: TestResult, other: TestResult): boolean =>
  one.suite === other.suite && one.title === other.title && one.verdict === other.verdict;

/** Where a test was seen: in its suite, or in so many. */
export const seenIn = ({ test, suites }: Shown): string => (suites === 1 ? test.suite : `in ${suites} suites`);

/** What suites broke on purpose, a line for each: it was not judged there. */
export const brokenOnPurpose = ({ results }: RunReport): string[] =>
  results.flatMap(({ suite, brokenOnPurpose = [] }) => brokenOnPurpose.map((text) => `${suite}: ${text}`));

/** What a requirement asks, and how much of that no test of a lab shows. */
export const askedText = ({ text, beyond }: Listed): string =>
  beyond === undefined ? text : `${text}. Not shown by packets: ${beyond}`;

function worst(tests: readonly TestResult[]): Verdict | undefined {
  return VERDICTS.find((verdict) => tests.some((test) => test.verdict === verdict));
}

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
