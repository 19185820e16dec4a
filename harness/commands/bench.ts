import chalk from 'chalk';
import { LAB_BUDGETS, type LabTrial, labTrial } from '../bench/lab.ts';
import type { LabMemory } from '../bench/lab-memory.ts';
import { summarise } from '../bench/summary.ts';
import { tidyOnInterrupt } from '../lab/interrupt.ts';
import { loadPlan } from '../topology/load.ts';
import type { NodeKind } from '../topology/plan.ts';
import { benchDatapath } from './bench-datapath.ts';
import { benchFailover } from './bench-failover.ts';
import { type BenchOptions, conditions, load } from './bench-run.ts';
import { benchSync } from './bench-sync.ts';
import { driverHere } from './driver-here.ts';
import { EXIT, UserError } from './problem.ts';

const BENCHES: Record<string, (options: BenchOptions) => Promise<void>> = {
  lab: benchLab,
  failover: benchFailover,
  datapath: benchDatapath,
  sync: benchSync,
};

/** `onevip bench`: measures against bounds. Exits 1 when one is violated, 2 when something could not be measured. */
export async function bench(what: string, options: BenchOptions): Promise<void> {
  const run = BENCHES[what];
  if (!run)
    throw new UserError(`there is no benchmark ${what}; there are: ${Object.keys(BENCHES).join(', ')}`, EXIT.usage);
  await run(options);
}

const WORDS: Record<keyof LabTrial, string> = {
  networkMs: 'links and addresses',
  servingMs: 'to the first answer',
  teardownMs: 'teardown',
};

/** How long labs take to make and to remove, against their budgets, and what they occupy. */
async function benchLab({ trials = 10, driver: name, servers }: BenchOptions): Promise<void> {
  tidyOnInterrupt();
  const driver = await driverHere(name);
  const plan = loadPlan('invention', servers === undefined ? {} : { servers });
  const nodes = plan.nodes.length;
  console.log(
    `${conditions(`invention of ${nodes} nodes, ${driver}, ${trials} trials`)}, load ${load()}; milliseconds`,
  );
  const measured: (LabTrial & { memory: LabMemory })[] = [];
  for (let trial = 0; trial < trials; trial++) measured.push(await labTrial(plan, driver));
  console.log(`${''.padEnd(22)}     min  median     p99     max  budget`);
  const budgets = servers === undefined ? LAB_BUDGETS[driver] : undefined;
  const met = (Object.keys(WORDS) as (keyof LabTrial)[]).map((phase) => printPhase(phase, measured, budgets));
  printMemory(
    measured.map(({ memory }) => memory),
    nodes,
  );
  if (met.includes(false)) process.exitCode = EXIT.failed;
}

/** Prints a phase's row; gives whether its median keeps the budget, where it has one. */
function printPhase(phase: keyof LabTrial, measured: LabTrial[], budgets: LabTrial | undefined): boolean {
  const { min, median, p99, max } = summarise(measured.map((trial) => trial[phase]));
  const budget = budgets?.[phase];
  const met = budget === undefined || median <= budget;
  const figures = [min, median, p99, max].map((ms) => ms.toFixed(0).padStart(8)).join('');
  const verdict = met ? chalk.green('met') : chalk.red('violated');
  const bound = budget === undefined ? '    none' : `${budget.toFixed(0).padStart(8)}  ${verdict}`;
  console.log(`${WORDS[phase].padEnd(22)}${figures}${bound}`);
  return met;
}

/** What the machine has less of while a lab serves, by node, and what the programs of each kind of node use. */
function printMemory(measured: readonly LabMemory[], nodes: number): void {
  const median = (values: readonly number[]): string => (summarise(values).median / 2 ** 20).toFixed(1);
  console.log(`MiB for each node     ${median(measured.map(({ machine }) => machine / nodes))}, of the whole machine`);
  const kinds = Object.keys(measured[0]?.byKind ?? {}) as NodeKind[];
  const used = kinds.map((kind) => `${kind} ${median(measured.map(({ byKind }) => byKind[kind] ?? 0))}`);
  console.log(`of that its programs  ${used.join(', ')}`);
}
