import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import chalk from 'chalk';
import { suitesOf } from '../../reports/outcome.ts';
import type { RunReport } from '../../reports/run-report.ts';
import { terminalReport } from '../../reports/terminal.ts';
import { loadCheckers } from '../check/load.ts';
import { machine } from '../doctor/probe.ts';
import { isHistoryThere } from '../history/compressed.ts';
import { PROJECT } from '../lab/run-folder.ts';
import { readCatalogue } from '../runner/catalogue.ts';
import { jsonIn } from '../runner/claims-file.ts';
import { differenceLines, differs } from '../runner/differences.ts';
import { type JudgedAgain, judgeAgain, suitesStoredIn } from '../runner/judge-again.ts';
import { findRun, runIds } from '../runner/past-runs.ts';
import { exitCodeOf } from './exit-code.ts';
import { EXIT, UserError } from './problem.ts';

/**
 * `onevip check`: judges what a run has stored by today's checkers, and says where that differs. Gives the exit code that
 * `conformance` would; a suite of which something cannot be read proves nothing.
 */
export async function check(run: string, names: string[]): Promise<void> {
  const began = performance.now();
  const folder = findRun(run) ?? noSuchRun(run);
  const labs = labsIn(folder, names);
  await loadCheckers();
  const read = labs.map(({ folder: lab, suites }) => readSuites(path.join(folder, lab), suites, began));
  const problems = read.flatMap(({ problem }) => problem ?? []);
  if (problems.length === labs.length) throw new UserError(notJudged(problems).join('\n'), EXIT.provedNothing);
  const suites = labs.flatMap((lab) => lab.suites);
  const again = [...read.flatMap(({ judged }) => judged), ...neverStored(folder, suites)];
  const report = reportOf(folder, suites, again, began);
  const terminal = { colour: chalk.level > 0, columns: process.stdout.columns ?? 0 };
  process.stdout.write(terminalReport(report, readCatalogue(), terminal));
  console.log([...differenceLines(again), ...notJudged(problems).map((line) => chalk.red(line))].join('\n'));
  const exitCode = exitCodeOf(report);
  process.exitCode = problems.length > 0 && exitCode === EXIT.passed ? EXIT.provedNothing : exitCode;
}

function noSuchRun(run: string): never {
  const last = runIds().slice(-5);
  const there = last.length === 0 ? 'none was made here yet' : `the last ones are ${last.join(', ')}`;
  throw new UserError(`no run is named ${run}: ${there}; \`latest\` is the last that ended`, EXIT.usage);
}

/** The problem of each suite that could not be judged, and what can be done. */
function notJudged(problems: readonly string[]): string[] {
  if (problems.length === 0) return [];
  const advice =
    'What cannot be read is not judged: run these suites again, or judge them by the version of onevip that ran them.';
  return [...problems.map((problem) => `not judged: ${problem}`), advice];
}

/** What a run has stored of a lab: in which of its folders, and of which suites, `arp@invention`. */
interface StoredLab {
  folder: string;
  suites: string[];
}

/** The folders of which there is a history; of those of several suites, only the suites that are named. */
function labsIn(folder: string, names: string[]): StoredLab[] {
  const folders = readdirSync(folder).filter((lab) => isHistoryThere(path.join(folder, lab, 'history.jsonl')));
  if (folders.length === 0) throw new UserError(`${folder} holds no history of any suite`, EXIT.usage);
  const there = folders.map((lab) => ({ folder: lab, suites: suitesStoredIn(path.join(folder, lab)) }));
  const known = [...new Set(there.flatMap(({ suites }) => suites.map(nameOf)))];
  const absent = names.filter((name) => !known.includes(name));
  if (absent.length > 0)
    throw new UserError(`the run has no suite ${absent.join(', ')}; it has ${known.join(', ')}`, EXIT.usage);
  const isNamed = (suite: string) => names.length === 0 || names.includes(nameOf(suite));
  const chosen = there.map(({ suites, ...lab }) => ({ ...lab, suites: suites.filter(isNamed) }));
  return chosen.filter(({ suites }) => suites.length > 0);
}

const nameOf = (suite: string): string => suite.split('@')[0] ?? suite;

interface Read {
  judged: JudgedAgain[];
  /** Why nothing of the suite was judged. */
  problem?: string;
}

function readSuites(folder: string, suites: readonly string[], began: number): Read {
  const read = judgedOrNot(folder, suites);
  const seconds = ((performance.now() - began) / 1000).toFixed(1).padStart(5);
  const differing = read.judged.filter(differs).length;
  const words = differing === 0 ? `${read.judged.length} as they were` : `${differing} of ${read.judged.length} differ`;
  const [mark, text] =
    read.problem === undefined
      ? [differing === 0 ? chalk.green('same   ') : chalk.red('differs'), words]
      : [chalk.red('broken '), 'not judged'];
  console.log(`${chalk.dim(seconds)} ${mark} ${suites.join(', ')}: ${text}`);
  return read;
}

/** What is judged of a lab that suites shared is about each of them. */
function judgedOrNot(folder: string, suites: readonly string[]): Read {
  try {
    const isAbout = ({ now }: JudgedAgain) => suitesOf([now]).some((suite) => isAmong(suites, suite));
    return { judged: judgeAgain(folder).filter(isAbout) };
  } catch (error) {
    return { judged: [], problem: error instanceof Error ? error.message : String(error) };
  }
}

/** Whether one of these suites is meant where reports name one: without its topology where that is its first. */
const isAmong = (suites: readonly string[], suite: string): boolean =>
  suites.some((each) => each === suite || each.startsWith(`${suite}@`));

/** What the run itself found of these suites and no suite wrote down: that one ended before its time. */
function neverStored(folder: string, suites: readonly string[]): JudgedAgain[] {
  const report = storedReport(folder);
  const found = (report?.results ?? []).filter(
    ({ suite, title }) => title === 'the suite runs to its end' && isAmong(suites, suite),
  );
  return found.map((stored) => ({ stored, now: stored, kept: 'tell how a suite ended' }));
}

function storedReport(folder: string): RunReport | undefined {
  const file = path.join(folder, 'report.json');
  return existsSync(file) ? (jsonIn(file) as RunReport) : undefined;
}

/** The run's own report with today's verdicts; where it wrote none, because a suite was started alone, one of these suites. */
function reportOf(folder: string, suites: readonly string[], again: readonly JudgedAgain[], began: number): RunReport {
  const topologies = suites.flatMap((suite) => suite.split('@')[1] ?? []);
  const report = storedReport(folder);
  return {
    id: path.basename(folder),
    startedAt: new Date().toISOString(),
    folder: path.relative(PROJECT, folder),
    machine: machine(),
    system: { name: 'unknown', version: '' },
    datapath: 'unknown',
    depth: 'thorough',
    versions: {},
    ...report,
    topology: [...new Set(topologies)].join(', '),
    notRun: report?.notRun.filter(({ suite }) => isAmong(suites, suite)) ?? [],
    command: `./onevip ${process.argv.slice(2).join(' ')}`,
    durationMs: performance.now() - began,
    results: again.map(({ now }) => now),
  };
}
