import { fenced, markdown } from './escape.ts';
import {
  askedText,
  brokenOnPurpose,
  duration,
  type Listed,
  requirementRows,
  seenIn,
  shownTests,
  totalsLine,
  VERDICTS,
} from './outcome.ts';
import type { NotRun, RunReport, TestResult } from './run-report.ts';

/** For a pull request or a release's notes: totals, what did not pass with its evidence, and the table of requirements. */
export function markdownReport(report: RunReport, catalogue: readonly Listed[]): string {
  const rows = requirementRows(report, catalogue);
  const bad = VERDICTS.flatMap((verdict) => report.results.filter((test) => test.verdict === verdict)).filter(
    ({ verdict }) => verdict !== 'pass',
  );
  return [
    `# OneVIP on ${markdown(report.topology)}: ${totalsLine(report)}`,
    facts(report),
    ...bad.flatMap(section),
    ...report.notRun.map(notRun),
    ...brokenOnPurpose(report).map((text) => `Broken on purpose: ${markdown(text)}`),
    '## Requirements',
    ['| requirement | verdict | must | tests |', '|---|---|---|---|', ...rows.map(tableRow)].join('\n'),
    '',
  ].join('\n\n');
}

function facts({ startedAt, durationMs, system, machine, command }: RunReport): string {
  const at = `${markdown(startedAt)}, ${duration(durationMs)}`;
  return `${markdown(`${system.name} ${system.version}`)}, ${at}, Linux ${markdown(machine.kernel)}, ${machine.cores} cores, Node ${markdown(machine.node)}: ${markdown(command)}`;
}

function notRun({ suite, title, proves, because, runIt }: NotRun): string {
  const ids = proves.length === 0 ? '' : ` (${proves.map(markdown).join(', ')})`;
  return `Not run: ${markdown(suite)}: ${markdown(title)}${ids}: ${markdown(because)}: ${markdown(runIt)}`;
}

function section({ suite, title, verdict, proves, because, checks, runAgain, seed }: TestResult): string[] {
  const ids = proves.length === 0 ? '' : ` (${proves.map(markdown).join(', ')})`;
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

function tableRow({ id, verdict, tests, ...listed }: ReturnType<typeof requirementRows>[number]): string {
  const titles = shownTests(tests)
    .map((shown) => markdown(`${seenIn(shown)}: ${shown.test.title}`))
    .join('; ');
  return `| ${markdown(id)} | ${verdict} | ${markdown(askedText({ id, ...listed }))} | ${titles} |`;
}
