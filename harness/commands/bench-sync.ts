import { writeFileSync } from 'node:fs';
import chalk from 'chalk';
import { duration } from '../../reports/outcome.ts';
import { atMostOf } from '../../reports/rounds.ts';
import { lostIn, TAKEOVER_HEADING, takeoverNotes, takeoverRow } from '../bench/sync/row.ts';
import { measureTakeovers, type TakeoverResult } from '../bench/sync/sync.ts';
import { machine } from '../doctor/probe.ts';
import type { Capability } from '../system/capability.ts';
import { type BenchOptions, conditions, exitCodeOf, load, progressOn } from './bench-run.ts';
import { driverHere } from './driver-here.ts';
import { LiveLine } from './live-line.ts';
import { EXIT, UserError } from './problem.ts';
import { systemHere } from './system-here.ts';

const NEEDS: readonly Capability[] = ['inStep', 'role', 'reload', 'weights'];
/** Of those that are not kept in step, to compare with. */
const WITHOUT_SHARE = 0.1;

/** What takeovers cost connections whose servers' weights change all the time; with the pair in step, and without. */
export async function benchSync({ trials = 300, json, ...options }: BenchOptions): Promise<void> {
  const system = systemHere(options.system);
  const driver = await driverHere(options.driver);
  const lacked = NEEDS.find((need) => system.can[need] === undefined);
  if (lacked !== undefined) throw new UserError(`${system.name}: ${system.lacks[lacked]}`, EXIT.usage);
  const tested = `${system.name} ${system.version()}`;
  console.log(`${tested}; ${conditions(`invention, ${driver}, ${trials} takeovers`)}; load ${load()}`);
  console.log(TAKEOVER_HEADING);
  const live = new LiveLine();
  const onTrial = progressOn(live, 'takeovers');
  const results: TakeoverResult[] = [];
  for (const isInStep of [true, false]) {
    const beganMs = performance.now();
    const wanted = isInStep ? trials : Math.ceil(trials * WITHOUT_SHARE);
    const result = await measureTakeovers({ system, driver, trials: wanted, isInStep, onTrial });
    live.clear();
    results.push(result);
    console.log(`${takeoverRow(result)}${isInStep ? `  none lost: ${outcomeOf(result)}` : ''}`);
    for (const note of [...takeoverNotes(result), `took ${duration(performance.now() - beganMs)}`])
      console.log(chalk.dim(`  ${note}`));
  }
  const [inStep] = results;
  if (inStep && outcomeOf(inStep) === 'met')
    console.log(`so takeovers lose a connection at most ${percent(atMostOf(inStep.trials.length))} of the time (95 %)`);
  console.log(`load at the end ${load()}`);
  if (json !== undefined)
    writeFileSync(json, JSON.stringify({ system: tested, driver, machine: machine(), results }, undefined, 2));
  process.exitCode = exitCodeOf(inStep ? [outcomeOf(inStep)] : ['not measured']);
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function outcomeOf({ trials, broken }: TakeoverResult): 'met' | 'violated' | 'not measured' {
  if (lostIn(trials) > 0) return 'violated';
  return trials.length === 0 || broken !== undefined ? 'not measured' : 'met';
}
