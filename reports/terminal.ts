import { Chalk, type ChalkInstance } from 'chalk';
import { claimRows, provingText } from './claim-rows.ts';
import { conditions, systemText } from './conditions.ts';
import { visible } from './escape.ts';
import { invariantRows } from './invariant-rows.ts';
import { duration, type Shown, seenIn, shownTests, totals, totalsLine, VERDICTS } from './outcome.ts';
import { proofsText } from './proof.ts';
import {
  type AspectRow,
  type Listing,
  type RequirementRow,
  type RowVerdict,
  requirementRows,
} from './requirement-rows.ts';
import { roundsOf, roundsText } from './rounds.ts';
import type { CheckResult, NotRun, RunReport, Verdict } from './run-report.ts';

export interface TerminalOptions {
  colour: boolean;
  /** Width of the terminal; longer titles are cut. 0: no limit. */
  columns: number;
}

type Word = RowVerdict | AspectRow['verdict'];

const MARKS: Record<Word, string> = {
  pass: '✓',
  fail: '✗',
  unknown: '?',
  skip: '–',
  partly: '◐',
  untried: '–',
  'not tested': '–',
};

/**
 * What a run ends with on the terminal: a table of requirement, verdict and test; then everything that did not pass, with
 * its evidence and the command that runs it again; then the totals, as the last line.
 */
export function terminalReport(report: RunReport, listing: Listing, options: TerminalOptions): string {
  const paint = painter(new Chalk({ level: options.colour ? 1 : 0 }));
  const rows = requirementRows(report, listing.requirements);
  const tested = rows.filter(({ tests }) => tests.length > 0);
  const without = report.results.filter(({ proves }) => proves.length === 0);
  return [
    ...tested.flatMap((row) => tableRow(row, paint, options.columns)),
    ...without.map((test) => line('–', { test, suites: 1 }, paint, options.columns)),
    ...claims(report, listing, paint),
    ...notTested(rows, paint),
    ...notByPackets(rows, paint),
    ...notRun(report, paint),
    ...brokenOnPurpose(report).map((text) => paint.dim(`broken on purpose: ${oneLine(text)}`)),
    ...repeated(report, paint),
    ...VERDICTS.filter((verdict) => verdict !== 'pass').flatMap((verdict) => details(verdict, report, paint)),
    '',
    ...about(report, paint),
    summary(report, tested, paint),
    totalsLine(report),
    '',
  ].join('\n');
}

const brokenOnPurpose = (report: RunReport): string[] =>
  invariantRows(report).flatMap(({ brokenOnPurpose }) => brokenOnPurpose);

interface Paint {
  verdict: Record<Word, ChalkInstance>;
  dim: ChalkInstance;
  bold: ChalkInstance;
}

function painter(chalk: ChalkInstance): Paint {
  const verdict = { pass: chalk.green, fail: chalk.red, unknown: chalk.yellow, skip: chalk.cyan };
  const left = { partly: chalk.yellow, untried: chalk.dim, 'not tested': chalk.dim };
  return { verdict: { ...verdict, ...left }, dim: chalk.dim, bold: chalk.bold };
}

/** A line for each test that proves the requirement, whose id stands on the first; then its aspects, by their verdicts. */
function tableRow({ id, tests, aspects }: RequirementRow, paint: Paint, columns: number): string[] {
  const lines = shownTests(tests).map((shown, index) => line(index === 0 ? id : '', shown, paint, columns));
  return [
    ...lines,
    ...[...Map.groupBy(aspects, ({ verdict }) => verdict)].map(([word, of]) => aspectLine(word, of, paint)),
  ];
}

function aspectLine(word: AspectRow['verdict'], aspects: readonly AspectRow[], paint: Paint): string {
  const named = aspects.map(({ name, notBrief }) => (notBrief === undefined ? name : `${name} (${notBrief})`));
  return `${''.padEnd(ID_WIDTH)}${verdictText(word, paint)}${paint.dim(`of it: ${oneLine(named.join(', '))}`)}`;
}

const ID_WIDTH = 9;
const VERDICT_WIDTH = 10;

const verdictText = (word: Word, paint: Paint): string =>
  paint.verdict[word](`${MARKS[word]} ${word}`.padEnd(VERDICT_WIDTH));

function line(id: string, shown: Shown, paint: Paint, columns: number): string {
  const { test } = shown;
  const label = visible(id).padEnd(ID_WIDTH);
  const room = columns === 0 ? Number.POSITIVE_INFINITY : Math.max(20, columns - ID_WIDTH - VERDICT_WIDTH);
  const name = cut(`${visible(seenIn(shown))}: ${oneLine(test.title)}`, room);
  return `${paint.bold(label)}${verdictText(test.verdict, paint)}${name}`;
}

const oneLine = (text: string): string => visible(text).replaceAll(/\s*\n\s*/g, ' ');

const cut = (text: string, room: number): string => (text.length <= room ? text : `${text.slice(0, room - 1)}…`);

/** What of the patent's claims the run proves, by the rows above. */
function claims(report: RunReport, listing: Listing, paint: Paint): string[] {
  const rows = claimRows(report, listing).filter(({ verdict }) => verdict !== 'not tested');
  if (rows.length === 0) return [];
  const lines = rows.map(
    (row) => `${paint.bold(row.id.padEnd(ID_WIDTH))}${verdictText(row.verdict, paint)}${provingText(row)}`,
  );
  return ['', paint.dim('claims of the patent, by the requirements that prove them:'), ...lines];
}

function about(report: RunReport, paint: Paint): string[] {
  const shown = ['System', 'Data path', 'Depth', 'Commit', 'Versions', 'Machine'];
  const told = conditions(report).filter(([name]) => shown.includes(name));
  return told.map(([name, value]) => paint.dim(`${name.toLowerCase()}: ${oneLine(value)}`));
}

function notTested(rows: readonly RequirementRow[], paint: Paint): string[] {
  const ids = rows.filter(({ tests }) => tests.length === 0).map(({ id }) => id);
  return ids.length === 0 ? [] : ['', paint.dim(`not tested in this run: ${ids.join(', ')}`)];
}

/** Of what was tested: a pass is not one for all that the requirement says. */
function notByPackets(rows: readonly RequirementRow[], paint: Paint): string[] {
  return rows.flatMap(({ id, beyond, tests }) =>
    beyond !== undefined && tests.length > 0 ? [paint.dim(`not shown by packets: ${id}: ${oneLine(beyond)}`)] : [],
  );
}

/** A line for each command that would run some of them. */
function notRun({ notRun }: RunReport, paint: Paint): string[] {
  return [...Map.groupBy(notRun, ({ runIt }) => runIt)].map(([runIt, tests]) => {
    const proves = [...new Set(tests.flatMap((test) => test.proves))];
    const { suite, title, because } = tests[0] as NotRun;
    const what = tests.length === 1 ? oneLine(title) : `${tests.length} tests`;
    return paint.dim(`not run: ${visible(suite)}: ${what}${ids(proves)}: ${visible(because)}: ${visible(runIt)}`);
  });
}

function details(verdict: Verdict, { results, folder }: RunReport, paint: Paint): string[] {
  return results
    .filter((test) => test.verdict === verdict)
    .flatMap((test) => [
      '',
      paint.verdict[verdict](
        `${MARKS[verdict]} ${verdict}: ${visible(test.suite)}: ${oneLine(test.title)}${ids(test.proves)}`,
      ),
      ...indented(test.because, 2),
      ...test.checks.filter((check) => check.verdict !== 'pass').flatMap((check) => checkLines(check, paint)),
      ...(test.files.length > 0 ? indented(`files, in ${folder}: ${test.files.join(', ')}`, 2) : []),
      ...indented(`run again: ${test.runAgain}`, 2),
      ...(test.keptLab === undefined ? [] : indented(entered(test.keptLab), 2)),
    ]);
}

/** How a lab is entered, and taken down. */
const entered = (lab: string): string =>
  `its lab is kept: ./onevip inspect ${lab}; ./onevip shell ${lab} nlb1; ./onevip down ${lab}`;

/** A line for each test that was run more than once. */
function repeated(report: RunReport, paint: Paint): string[] {
  return roundsOf(report).map((rounds) => {
    const colour = rounds.failed > 0 ? paint.verdict.fail : rounds.unknown > 0 ? paint.verdict.unknown : paint.dim;
    return colour(oneLine(roundsText(rounds)));
  });
}

const ids = (proves: readonly string[]): string => (proves.length === 0 ? '' : ` (${visible(proofsText(proves))})`);

function checkLines({ name, verdict, because, evidence }: CheckResult, paint: Paint): string[] {
  return [
    `  ${paint.verdict[verdict](`${MARKS[verdict]} ${oneLine(name)}`)}`,
    ...indented(because, 4),
    ...evidence.flatMap((fact) => indented(fact, 6)).map((text) => paint.dim(text)),
  ];
}

const indented = (text: string, by: number): string[] =>
  visible(text)
    .split('\n')
    .map((part) => ' '.repeat(by) + part);

function summary(report: RunReport, tested: readonly RequirementRow[], paint: Paint): string {
  const bad = totals(report).fail + totals(report).unknown;
  const met = tested.filter(({ verdict }) => verdict === 'pass').length;
  const some = tested.filter(({ verdict }) => verdict === 'partly').map(({ id }) => id);
  const partly = some.length === 0 ? '' : `, ${some.length} partly (${some.join(', ')})`;
  const text = `${met} of ${tested.length} tested requirements proved by ${visible(systemText(report))}${partly}, on ${visible(report.topology)}, in ${duration(report.durationMs)}`;
  const early =
    report.ended === undefined ? '' : `; the run ended ${report.ended}`.replace('ended interrupted', 'was interrupted');
  return paint.verdict[bad === 0 && early === '' ? 'pass' : 'fail'](text + early);
}
