import chalk from 'chalk';
import { LAB_BUDGETS, type LabTrial, labTrial } from '../bench/lab.ts';
import { summarise } from '../bench/summary.ts';
import { tidyOnInterrupt } from '../lab/interrupt.ts';
import { loadPlan } from '../topology/load.ts';
import { benchDatapath } from './bench-datapath.ts';
import { benchFailover } from './bench-failover.ts';
import { type BenchOptions, conditions } from './bench-run.ts';
import { driverHere } from './driver-here.ts';
import { EXIT, UserError } from './problem.ts';

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

/** Prints a phase's row; gives whether its median keeps the budget. */
function printPhase(phase: keyof LabTrial, measured: LabTrial[], budgets: LabTrial): boolean {
  const { min, median, p99, max } = summarise(measured.map((trial) => trial[phase]));
  const budget = budgets[phase];
  const met = median <= budget;
  const figures = [min, median, p99, max, budget].map((ms) => ms.toFixed(0).padStart(8)).join('');
  console.log(`${WORDS[phase].padEnd(22)}${figures}  ${met ? chalk.green('met') : chalk.red('violated')}`);
  return met;
}
