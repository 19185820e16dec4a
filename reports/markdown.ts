import { claimRows, provingText } from './claim-rows.ts';
import { conditions } from './conditions.ts';
import { fenced, markdown } from './escape.ts';
import { invariantRows, judgedIn } from './invariant-rows.ts';
import { seenIn, shownTests, totalsLine, VERDICTS } from './outcome.ts';
import { proofsText } from './proof.ts';
import { askedText, aspectText, type Listing, type RequirementRow, requirementRows } from './requirement-rows.ts';
import type { NotRun, RunReport, TestResult } from './run-report.ts';

/** For a pull request or a release's notes: totals, what did not pass with its evidence, and what holds. */
export function markdownReport(report: RunReport, listing: Listing): string {
  const bad = VERDICTS.flatMap((verdict) => report.results.filter((test) => test.verdict === verdict)).filter(
    ({ verdict }) => verdict !== 'pass',
  );
  return [
    `# OneVIP on ${markdown(report.topology)}: ${totalsLine(report)}`,
    facts(report),
    ...bad.flatMap(section),
    ...report.notRun.map(notRun),
    '## Requirements',
    requirements(report, listing),
    '## What holds in every suite',
    invariants(report),
    '## Claims of the patent',
    claims(report, listing),
    '',
  ].join('\n\n');
}

const facts = (report: RunReport): string => tableOf(['run', ''], conditions(report));

const requirements = (report: RunReport, { requirements }: Listing): string =>
  tableOf(['requirement', 'verdict', 'must', 'aspects', 'tests'], requirementRows(report, requirements).map(tableRow));

const invariants = (report: RunReport): string =>
  tableOf(
    ['in every suite', 'verdict', 'proves', 'broken on purpose'],
    invariantRows(report).map((row) => [
      row.title,
      `${row.verdict}: ${judgedIn(row)}`,
      proofsText(row.proves),
      row.brokenOnPurpose.join('; '),
    ]),
  );

const claims = (report: RunReport, listing: Listing): string =>
  tableOf(
    ['claim', 'verdict', 'proved by'],
    claimRows(report, listing).map((row) => [row.id, row.verdict, provingText(row)]),
  );

function tableOf(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(markdown).join(' | ')} |`;
  return [line(heads), `|${'---|'.repeat(heads.length)}`, ...rows.map(line)].join('\n');
}

function notRun({ suite, title, proves, because, runIt }: NotRun): string {
  const ids = proves.length === 0 ? '' : ` (${markdown(proofsText(proves))})`;
  return `Not run: ${markdown(suite)}: ${markdown(title)}${ids}: ${markdown(because)}: ${markdown(runIt)}`;
}

function section({ suite, title, verdict, proves, because, checks, runAgain, seed }: TestResult): string[] {
  const ids = proves.length === 0 ? '' : ` (${markdown(proofsText(proves))})`;
  return [
    `## ${verdict}: ${markdown(suite)}: ${markdown(title)}${ids}`,
    markdown(because),
    ...checks
      .filter((check) => check.verdict !== 'pass')
      .flatMap((check) => [
        `**${markdown(check.name)}**: ${check.verdict}: ${markdown(check.because)}`,
        ...(check.evidence.length === 0 ? [] : [fenced(check.evidence.join('\n'))]),
      ]),
    ...(seed === undefined ? [] : [`Seed: ${markdown(seed)}`]),
    `Run again:\n\n${fenced(runAgain)}`,
  ];
}

function tableRow(row: RequirementRow): string[] {
  const tests = shownTests(row.tests).map((shown) => `${seenIn(shown)}: ${shown.test.title}`);
  return [row.id, row.verdict, askedText(row), row.aspects.map(aspectText).join('; '), tests.join('; ')];
}
