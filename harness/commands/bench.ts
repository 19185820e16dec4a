import chalk from 'chalk';
import { LAB_BUDGETS, type LabTrial, labTrial } from '../bench/lab.ts';
import { summarise } from '../bench/summary.ts';
import { machine } from '../doctor/probe.ts';
import { tidyOnInterrupt } from '../lab/interrupt.ts';
import { loadPlan } from '../topology/load.ts';
import { EXIT, UserError } from './problem.ts';

const WORDS: Record<keyof LabTrial, string> = {
  networkMs: 'links and addresses',
  servingMs: 'to the first answer',
  teardownMs: 'teardown',
};

/** `onevip bench lab`: how long labs take to make and to remove, against their budgets. Exits 1 when one is missed. */
export async function bench(what: string, { trials = 10 }: { trials?: number }): Promise<void> {
  if (what !== 'lab') throw new UserError(`there is no benchmark ${what}; there is: lab`, EXIT.usage);
  tidyOnInterrupt();
  const plan = loadPlan('invention');
  const { kernel, cores, node } = machine();
  console.log(`invention, ${trials} trials; kernel ${kernel}, ${cores} cores, Node ${node}; milliseconds`);
  const measured: LabTrial[] = [];
  for (let trial = 0; trial < trials; trial++) measured.push(await labTrial(plan));
  console.log(`${''.padEnd(22)}     min  median     p99     max  budget`);
  const kept = (Object.keys(WORDS) as (keyof LabTrial)[]).map((phase) => printPhase(phase, measured));
  if (kept.includes(false)) process.exitCode = EXIT.failed;
}

/** Prints a phase's row; gives whether its median keeps the budget. */
function printPhase(phase: keyof LabTrial, measured: LabTrial[]): boolean {
  const { min, median, p99, max } = summarise(measured.map((trial) => trial[phase]));
  const budget = LAB_BUDGETS[phase];
  const kept = median <= budget;
  const figures = [min, median, p99, max, budget].map((ms) => ms.toFixed(0).padStart(8)).join('');
  console.log(`${WORDS[phase].padEnd(22)}${figures}  ${kept ? chalk.green('kept') : chalk.red('missed')}`);
  return kept;
}
