import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import chalk from 'chalk';
import { machine } from '../doctor/probe.ts';
import { collectGarbage } from '../lab/gc.ts';
import { beginRun, endRun, newRunId, PROJECT } from '../lab/run-folder.ts';
import { bugNames, type PlantedBug, readBug } from '../planted/bug.ts';
import { openConformanceRuns } from '../planted/conformance.ts';
import { failureText, withTable } from '../planted/table.ts';
import { TimeLeft } from '../planted/time-left.ts';
import { type Tried, tryBug } from '../planted/try.ts';
import type { Failure, Word } from '../planted/verdict.ts';
import { mustKnowIds, readCatalogue } from '../runner/catalogue.ts';
import { discoverSuites } from '../runner/discover.ts';
import { EXIT, UserError } from './problem.ts';

export interface PlantedOptions {
  jobs?: number;
  list?: boolean;
  /** Write the verdicts into the README of the planted bugs. */
  table?: boolean;
}

const README = path.join(PROJECT, 'harness/planted/README.md');
const INTERRUPTED = 130;

/** `onevip planted`: tries whether the suites notice load balancers that are wrong on purpose. */
export async function planted(names: string[], { jobs = 1, list, table }: PlantedOptions): Promise<void> {
  const bugs = chosen(names);
  if (list) return printList(bugs);
  await collectGarbage();
  const folder = beginRun(`${newRunId(new Date())}-planted`);
  const { tried, interrupted } = await tryAll(bugs, jobs, folder);
  const found = path.join(folder, 'planted.json');
  writeFileSync(found, JSON.stringify({ machine: machine(), tried }, undefined, 2));
  endRun(folder);
  if (table) writeFileSync(README, withTable(readFileSync(README, 'utf8'), bugNames().map(readBug), tried));
  console.log(`${totals(tried, bugs.length)}; all of it in ${path.relative(PROJECT, found)}`);
  process.exitCode = interrupted ? INTERRUPTED : exitCodeOf(tried);
}

function chosen(names: string[]): PlantedBug[] {
  const there = bugNames();
  const unknown = names.filter((name) => !there.includes(name));
  if (unknown.length > 0)
    throw new UserError(`no planted bug is named ${unknown.join(', ')}; there are ${there.join(', ')}`, EXIT.usage);
  const bugs = (names.length > 0 ? names : there).map(readBug);
  for (const { name, breaks } of bugs) mustKnowIds(readCatalogue(), [breaks], `the planted bug ${name}`);
  return bugs;
}

function printList(bugs: readonly PlantedBug[]): void {
  for (const { name, title, breaks, in: depth } of bugs)
    console.log(`${chalk.bold(name.padEnd(32))} ${breaks.padEnd(9)} ${depth.padEnd(9)} ${title}`);
}

async function tryAll(bugs: readonly PlantedBug[], atOnce: number, folder: string) {
  const suites = await discoverSuites();
  const runs = openConformanceRuns();
  const timeLeft = new TimeLeft(bugs, suites, atOnce);
  let interrupted = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      interrupted = true;
      runs.interrupt();
    });
  }
  const live = openLiveLine(timeLeft);
  const parts = { suites, runs, folder, isInterrupted: () => interrupted, began: live.began };
  const tried: Tried[] = [];
  const waiting = bugs.values();
  const worker = async (): Promise<void> => {
    for (const bug of waiting) {
      if (interrupted) return;
      const result = await tryBug(bug, parts);
      if (interrupted) return;
      tried.push(result);
      timeLeft.ended(bug, result.seconds);
      live.ended(result, `${tried.length}/${bugs.length}`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, bugs.length) }, worker));
  live.close();
  return { tried, interrupted };
}

/** On a terminal, what runs now and how long it will take; elsewhere only a line for each that has ended. */
function openLiveLine(timeLeft: TimeLeft) {
  const running = new Map<string, string>();
  const erase = process.stdout.isTTY ? '\r\x1b[K' : '';
  const show = (): void => {
    if (erase === '') return;
    const now = [...running].map(([bug, suite]) => `${bug} (${suite})`).join(', ');
    process.stdout.write(`${erase}${now}; ${minutes(timeLeft.seconds())} left`.slice(0, process.stdout.columns));
  };
  const timer = setInterval(show, 1000).unref();
  return {
    began: ({ name }: PlantedBug, suite: string): void => {
      running.set(name, suite);
      show();
    },
    ended: (result: Tried, count: string): void => {
      running.delete(result.bug.name);
      process.stdout.write(erase);
      console.log(lineOf(result, `${count}, ${minutes(timeLeft.seconds())} left`));
    },
    close: (): void => {
      clearInterval(timer);
      process.stdout.write(erase);
    },
  };
}

const PAINT: Record<Word, (text: string) => string> = {
  caught: chalk.green,
  'caught elsewhere': chalk.yellow,
  missed: chalk.red,
  'not run': chalk.red,
};

const minutes = (seconds: number): string =>
  seconds < 90 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(0)} min`;

function lineOf({ bug, verdict, by, note, ran, seconds, results }: Tried, count: string): string {
  const [first] = by;
  const what = `${PAINT[verdict](verdict)} ${chalk.bold(bug.name)} (${bug.breaks}) in ${seconds.toFixed(0)} s`;
  const where = `by ${ran.join(', ')}${first ? `: ${failureText(first)}${because(first)}` : ''}`;
  const more = [note, results && `see ${path.relative(PROJECT, results)}`].filter((text) => text !== undefined);
  return [`${chalk.dim(count)} ${what} ${where}`, ...more.map((text) => chalk.dim(`    ${text}`))].join('\n');
}

const because = (failure: Failure): string =>
  failureText(failure).endsWith(failure.because) ? '' : `: ${failure.because}`;

function totals(tried: readonly Tried[], planned: number): string {
  const words = Object.keys(PAINT) as Word[];
  const counts = words.map((word) => `${tried.filter(({ verdict }) => verdict === word).length} ${word}`);
  return `${counts.join(', ')}, of ${planned}`;
}

/** What could not be run proves nothing; what was not caught where it should be is a failure. */
function exitCodeOf(tried: readonly Tried[]): number {
  const words = new Set(tried.map(({ verdict }) => verdict));
  if (words.has('missed') || words.has('caught elsewhere')) return EXIT.failed;
  return words.has('not run') ? EXIT.provedNothing : EXIT.passed;
}
