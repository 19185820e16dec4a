import { claimRows, provingText } from './claim-rows.ts';
import { conditions, systemText } from './conditions.ts';
import { attribute, markup } from './escape.ts';
import { invariantRows, judgedIn } from './invariant-rows.ts';
import { bySuite, totals } from './outcome.ts';
import { readProof, requirementsIn } from './proof.ts';
import { aspectText, type Listing, type RequirementRow, requirementRows } from './requirement-rows.ts';
import type { NotRun, RunReport, TestResult } from './run-report.ts';

/**
 * JUnit XML, as CI systems read it. The form has no `unknown`: such a test is an `error`, because it ran and proved
 * nothing. The ids of the requirements are properties of the test case; what is said of the run as a whole, of requirements and
 * of claims are properties of a test suite of that name, which has no tests.
 */
export function junitReport(found: RunReport, listing: Listing): string {
  const report = { ...found, results: [...found.results, ...found.notRun.map(asSkipped)] };
  const suites = bySuite(report.results).flatMap(([suite, tests]) => [
    `  <testsuite name="${attribute(suite)}" ${counts({ ...report, results: tests })} timestamp="${attribute(report.startedAt)}">`,
    ...tests.flatMap(testCase),
    '  </testsuite>',
  ]);
  const head = `<testsuites name="${attribute(`onevip ${systemText(report)} ${report.topology}`)}" ${counts(report)}>`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    head,
    ...ofTheRun(found, listing),
    ...suites,
    '</testsuites>',
    '',
  ].join('\n');
}

function ofTheRun(report: RunReport, listing: Listing): string[] {
  const told = [
    ...conditions(report),
    ...requirementRows(report, listing.requirements).map((row): [string, string] => [row.id, rowText(row)]),
    ...invariantRows(report).map((row): [string, string] => [
      `invariant: ${row.title}`,
      [`${row.verdict}: ${judgedIn(row)}`, ...row.brokenOnPurpose.map((text) => `broken on purpose: ${text}`)].join(
        '; ',
      ),
    ]),
    ...claimRows(report, listing).map((row): [string, string] => [row.id, `${row.verdict}: ${provingText(row)}`]),
  ];
  return [
    `  <testsuite name="the run" ${counts({ ...report, results: [] })} timestamp="${attribute(report.startedAt)}">`,
    '    <properties>',
    ...told.map(([name, value]) => property('      ', name, value)),
    '    </properties>',
    '  </testsuite>',
  ];
}

const property = (indent: string, name: string, value: string): string =>
  `${indent}<property name="${attribute(name)}" value="${attribute(value)}"/>`;

const rowText = ({ verdict, aspects }: RequirementRow): string => [verdict, ...aspects.map(aspectText)].join('; ');

/** The form knows no test that was left out: it is a skipped one. */
function asSkipped({ suite, title, proves, because, runIt }: NotRun): TestResult {
  const nothing = { checks: [], durationMs: 0, files: [] };
  return { suite, title, proves, verdict: 'skip', because: `not run: ${because}`, runAgain: runIt, ...nothing };
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

function counts(report: RunReport): string {
  const { fail, unknown, skip } = totals(report);
  const time = report.results.reduce((sum, { durationMs }) => sum + durationMs, 0);
  return `tests="${report.results.length}" failures="${fail}" errors="${unknown}" skipped="${skip}" time="${seconds(time)}"`;
}

function testCase(test: TestResult): string[] {
  return [
    `    <testcase classname="${attribute(test.suite)}" name="${attribute(test.title)}" time="${seconds(test.durationMs)}">`,
    ...properties(test),
    ...outcome(test),
    '    </testcase>',
  ];
}

function properties({ proves, seed }: TestResult): string[] {
  const pairs = [
    ...requirementsIn(proves).map((id) => ['requirement', id] as const),
    ...proves.filter((proof) => readProof(proof).aspect).map((proof) => ['aspect', proof] as const),
    ...(seed === undefined ? [] : [['seed', seed] as const]),
  ];
  if (pairs.length === 0) return [];
  return [
    '      <properties>',
    ...pairs.map(([name, value]) => property('        ', name, value)),
    '      </properties>',
  ];
}

function outcome(test: TestResult): string[] {
  const message = `message="${attribute(test.because)}"`;
  switch (test.verdict) {
    case 'pass':
      return [];
    case 'skip':
      return [`      <skipped ${message}/>`];
    case 'fail':
      return [`      <failure ${message}>${markup(body(test))}</failure>`];
    case 'unknown':
      return [`      <error ${message}>${markup(body(test))}</error>`];
  }
}

function body({ checks, runAgain, files }: TestResult): string {
  const wrong = checks.filter(({ verdict }) => verdict !== 'pass');
  return [
    ...wrong.flatMap(({ name, verdict, because, evidence }) => [`${name}: ${verdict}: ${because}`, ...evidence]),
    ...(files.length > 0 ? [`files: ${files.join(', ')}`] : []),
    `run again: ${runAgain}`,
  ].join('\n');
}
