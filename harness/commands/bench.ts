import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import chalk from 'chalk';
import { duration } from '../../reports/outcome.ts';
import { type Judgement, judge } from '../bench/datapath/bound.ts';
import { type Figures, measureDatapath } from '../bench/datapath/measured.ts';
import { COST_HEADING, costRow, judgementRow, RATE_HEADING, rateRows } from '../bench/datapath/row.ts';
import { type FaultResult, faultNames, measureFailover } from '../bench/failover/failover.ts';
import { HEADING, notesOf, type Outcome, outcomeOf, rowOf } from '../bench/failover/row.ts';
import { type Comparison, compareFailover } from '../bench/failover/turns.ts';
import {
  COMPARE_HEADING,
  type CompareOutcome,
  compareNotes,
  compareRow,
  outcomeOfComparison,
} from '../bench/failover/turns-row.ts';
import { LAB_BUDGETS, type LabTrial, labTrial } from '../bench/lab.ts';
import { summarise } from '../bench/summary.ts';
import { machine } from '../doctor/probe.ts';
import { tidyOnInterrupt } from '../lab/interrupt.ts';
import { commitOf } from '../system/commits.ts';
import type { System } from '../system/system.ts';
import { loadPlan } from '../topology/load.ts';
import { LiveLine } from './live-line.ts';
import { EXIT, UserError } from './problem.ts';
import { systemHere } from './system-here.ts';

export interface BenchOptions {
  trials?: number;
  /** The system under test, ours when absent: of `failover`. */
  system?: string;
  /** One fault alone: of `failover`. */
  fault?: string;
  /** A commit whose version is measured by turns with this one: of `failover`. */
  against?: string;
  /** Least number of single runs for each median: of `datapath`. */
  runs?: number;
  /** Where all results go as JSON: of `failover` and `datapath`. */
  json?: string;
}

const BENCHES: Record<string, (options: BenchOptions) => Promise<void>> = {
  lab: benchLab,
  failover: benchFailover,
  datapath: benchDatapath,
};

/** `onevip bench`: measures against bounds. Exits 1 when one is violated, 2 when something could not be measured. */
export async function bench(what: string, options: BenchOptions): Promise<void> {
  const run = BENCHES[what];
  if (!run)
    throw new UserError(`there is no benchmark ${what}; there are: ${Object.keys(BENCHES).join(', ')}`, EXIT.usage);
  tidyOnInterrupt();
  await run(options);
}

const WORDS: Record<keyof LabTrial, string> = {
  networkMs: 'links and addresses',
  servingMs: 'to the first answer',
  teardownMs: 'teardown',
};

/** How long labs take to make and to remove, against their budgets. */
async function benchLab({ trials = 10 }: BenchOptions): Promise<void> {
  const plan = loadPlan('invention');
  console.log(`${conditions(`invention, ${trials} trials`)}; milliseconds`);
  const measured: LabTrial[] = [];
  for (let trial = 0; trial < trials; trial++) measured.push(await labTrial(plan));
  console.log(`${''.padEnd(22)}     min  median     p99     max  budget`);
  const met = (Object.keys(WORDS) as (keyof LabTrial)[]).map((phase) => printPhase(phase, measured));
  if (met.includes(false)) process.exitCode = EXIT.failed;
}

function conditions(what: string): string {
  const { kernel, cores, node } = machine();
  return `${what}; kernel ${kernel}, ${cores} cores, Node ${node}`;
}

/** Prints a phase's row; gives whether its median keeps the budget. */
function printPhase(phase: keyof LabTrial, measured: LabTrial[]): boolean {
  const { min, median, p99, max } = summarise(measured.map((trial) => trial[phase]));
  const budget = LAB_BUDGETS[phase];
  const met = median <= budget;
  const figures = [min, median, p99, max, budget].map((ms) => ms.toFixed(0).padStart(8)).join('');
  console.log(`${WORDS[phase].padEnd(22)}${figures}  ${met ? chalk.green('met') : chalk.red('violated')}`);
  return met;
}

const load = (): string =>
  loadavg()
    .map((value) => value.toFixed(1))
    .join(' ');

/** What clients notice of each fault, packet by packet, at the pair's default settings. */
async function benchFailover({ trials = 100, fault, json, system: name, against }: BenchOptions): Promise<void> {
  const system = systemHere(name);
  if (fault !== undefined && !faultNames.includes(fault)) {
    throw new UserError(`there is no fault ${fault}; there are: ${faultNames.join(', ')}`, EXIT.usage);
  }
  if (against !== undefined) return compareVersions(system, against, { trials, fault, json });
  const tested = `${system.name} ${system.version()}`;
  console.log(`${tested}; ${failoverConditions(trials)}`);
  console.log(HEADING.join('\n'));
  const results: FaultResult[] = [];
  const live = new LiveLine();
  const onTrial = trialsShown(live);
  for await (const result of measureFailover(system, { trials, name: fault, onTrial })) {
    live.clear();
    results.push(result);
    console.log(rowOf(result));
    for (const note of notesOf(result)) console.log(chalk.dim(`  ${note}`));
  }
  console.log(`load at the end ${load()}`);
  if (json !== undefined)
    writeFileSync(json, JSON.stringify({ system: tested, machine: machine(), trials, results }, undefined, 2));
  process.exitCode = exitCodeOf(results.map(outcomeOf));
}

const failoverConditions = (trials: number): string =>
  `${conditions(`invention, ${trials} trials`)}; 1,000 probes a second; load ${load()}`;

/** Whether outages became longer since a commit: both versions by turns, in one run. */
async function compareVersions(
  system: System,
  against: string,
  { trials, fault, json }: { trials: number; fault: string | undefined; json: string | undefined },
): Promise<void> {
  const commit = versionToCompare(system, against);
  const tested = `${system.name} ${system.version()} against ${commit.slice(0, 12)}`;
  console.log(`${tested}, by turns; ${failoverConditions(trials)}`);
  console.log(COMPARE_HEADING.join('\n'));
  const results: Comparison[] = [];
  const live = new LiveLine();
  for await (const result of compareFailover(system, commit, { trials, name: fault, onTrial: trialsShown(live) })) {
    live.clear();
    results.push(result);
    console.log(compareRow(result));
    for (const note of compareNotes(result)) console.log(chalk.dim(`  ${note}`));
    if (json !== undefined)
      writeFileSync(json, JSON.stringify({ system: tested, machine: machine(), trials, results }, undefined, 2));
  }
  console.log(`load at the end ${load()}`);
  process.exitCode = exitCodeOf(results.map(outcomeOfComparison));
}

function versionToCompare(system: System, against: string): string {
  if (!system.can.versions) throw new UserError(`--against: ${system.name}: ${system.lacks.versions}`, EXIT.usage);
  const commit = commitOf(against);
  if (commit === undefined)
    throw new UserError(
      `--against: the history here holds no commit ${against}: git fetch --unshallow, or name another`,
      EXIT.usage,
    );
  return commit;
}

/** Shows how far a fault is, and how long its other trials take if they take as long. */
function trialsShown(live: LiveLine): (label: string, done: number, wanted: number) => void {
  let current = { label: '', sinceMs: 0, first: 0 };
  return (label, done, wanted) => {
    if (label !== current.label) current = { label, sinceMs: performance.now(), first: done };
    const eachMs = (performance.now() - current.sinceMs) / Math.max(1, done - current.first);
    const left = done > current.first ? `, about ${duration(eachMs * (wanted - done))} left` : '';
    live.show(`${label}: ${done} of ${wanted} trials${left}`);
  };
}

function exitCodeOf(outcomes: readonly (Outcome | CompareOutcome | Judgement['verdict'])[]): number {
  if (outcomes.includes('violated')) return EXIT.failed;
  return outcomes.includes('not measured') || outcomes.includes('inconclusive') ? EXIT.provedNothing : EXIT.passed;
}

/** What a packet costs in the data path, and how many get through it a second. */
async function benchDatapath({ runs = 20_000, trials = 15, json }: BenchOptions): Promise<void> {
  console.log(
    `${conditions(`at least ${runs} single runs for each figure; ${trials} trials`)}; load ${load()}\n${COST_HEADING}`,
  );
  const extent = { cost: ['--runs', String(runs)], rate: ['--trials', String(trials)] };
  const figures: Figures = { samples: [], rates: [], missing: [] };
  for await (const figure of measureDatapath(extent)) {
    if ('workload' in figure) console.log(costRow(figure));
    if ('workload' in figure) figures.samples.push(figure);
    else if ('missing' in figure) figures.missing.push(figure);
    else figures.rates.push(figure);
  }
  console.log([RATE_HEADING, ...rateRows(figures.rates, figures.missing)].join('\n'));
  const judgements = judge(figures);
  for (const judgement of judgements) console.log(judgementRow(judgement));
  console.log(`load at the end ${load()}`);
  if (json !== undefined)
    writeFileSync(json, JSON.stringify({ machine: machine(), figures, judgements }, undefined, 2));
  process.exitCode = exitCodeOf(judgements.map(({ verdict }) => verdict));
}
