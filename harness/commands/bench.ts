import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import chalk from 'chalk';
import { duration } from '../../reports/outcome.ts';
import { type Judgement, judge } from '../bench/datapath/bound.ts';
import { type Figures, measureDatapath } from '../bench/datapath/measured.ts';
import { COST_HEADING, costRow, judgementRow, RATE_HEADING, rateRows } from '../bench/datapath/row.ts';
import { type FaultResult, faultNames, measureFailover } from '../bench/failover/failover.ts';
import { HEADING, notesOf, type Outcome, outcomeOf, rowOf } from '../bench/failover/row.ts';
import { LAB_BUDGETS, type LabTrial, labTrial } from '../bench/lab.ts';
import { summarise } from '../bench/summary.ts';
import { machine } from '../doctor/probe.ts';
import type { DriverName } from '../driver/registry.ts';
import { tidyOnInterrupt } from '../lab/interrupt.ts';
import { loadPlan } from '../topology/load.ts';
import { driverHere } from './driver-here.ts';
import { LiveLine } from './live-line.ts';
import { EXIT, UserError } from './problem.ts';
import { systemHere } from './system-here.ts';

export interface BenchOptions {
  trials?: number;
  /** The system under test, ours when absent: of `failover`. */
  system?: string;
  /** What nodes are made of, namespaces when absent: of `lab` and `failover`. */
  driver?: DriverName;
  /** One fault alone: of `failover`. */
  fault?: string;
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
async function benchLab({ trials = 10, driver: name }: BenchOptions): Promise<void> {
  const driver = await driverHere(name);
  const plan = loadPlan('invention');
  console.log(`${conditions(`invention, ${driver}, ${trials} trials`)}; milliseconds`);
  const measured: LabTrial[] = [];
  for (let trial = 0; trial < trials; trial++) measured.push(await labTrial(plan, driver));
  console.log(`${''.padEnd(22)}     min  median     p99     max  budget`);
  const met = (Object.keys(WORDS) as (keyof LabTrial)[]).map((phase) =>
    printPhase(phase, measured, LAB_BUDGETS[driver]),
  );
  if (met.includes(false)) process.exitCode = EXIT.failed;
}

function conditions(what: string): string {
  const { kernel, cores, node } = machine();
  return `${what}; kernel ${kernel}, ${cores} cores, Node ${node}`;
}

/** Prints a phase's row; gives whether its median keeps the budget. */
function printPhase(phase: keyof LabTrial, measured: LabTrial[], budgets: LabTrial): boolean {
  const { min, median, p99, max } = summarise(measured.map((trial) => trial[phase]));
  const budget = budgets[phase];
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
async function benchFailover({ trials = 100, fault, json, system: name, driver: made }: BenchOptions): Promise<void> {
  const system = systemHere(name);
  const driver = await driverHere(made);
  if (fault !== undefined && !faultNames.includes(fault)) {
    throw new UserError(`there is no fault ${fault}; there are: ${faultNames.join(', ')}`, EXIT.usage);
  }
  const tested = `${system.name} ${system.version()}`;
  console.log(
    `${tested}; ${conditions(`invention, ${driver}, ${trials} trials`)}; 1,000 probes a second; load ${load()}`,
  );
  console.log(HEADING.join('\n'));
  const results: FaultResult[] = [];
  const live = new LiveLine();
  const onTrial = trialsShown(live);
  for await (const result of measureFailover(system, { trials, driver, name: fault, onTrial })) {
    live.clear();
    results.push(result);
    console.log(rowOf(result));
    for (const note of notesOf(result)) console.log(chalk.dim(`  ${note}`));
  }
  console.log(`load at the end ${load()}`);
  if (json !== undefined)
    writeFileSync(json, JSON.stringify({ system: tested, driver, machine: machine(), trials, results }, undefined, 2));
  process.exitCode = exitCodeOf(results.map(outcomeOf));
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

function exitCodeOf(outcomes: readonly (Outcome | Judgement['verdict'])[]): number {
  if (outcomes.includes('violated')) return EXIT.failed;
  return outcomes.includes('not measured') ? EXIT.provedNothing : EXIT.passed;
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
