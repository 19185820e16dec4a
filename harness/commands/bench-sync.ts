import { writeFileSync } from 'node:fs';
import chalk from 'chalk';
import { duration } from '../../reports/outcome.ts';
import { atMostOf } from '../../reports/rounds.ts';
import { judgementRow } from '../bench/judgement.ts';
import { type CostFigure, judgeCost, measureCosts, withoutBound } from '../bench/sync/costs.ts';
import { lostIn, TAKEOVER_HEADING, takeoverNotes, takeoverRow } from '../bench/sync/row.ts';
import { measureTakeovers, type TakeoverResult } from '../bench/sync/sync.ts';
import { machine } from '../doctor/probe.ts';
import type { DriverName } from '../driver/registry.ts';
import type { Capability } from '../system/capability.ts';
import type { System } from '../system/system.ts';
import { type BenchOptions, conditions, endsEarly, exitCodeOf, load, progressOn } from './bench-run.ts';
import { driverHere } from './driver-here.ts';
import { LiveLine } from './live-line.ts';
import { EXIT, UserError } from './problem.ts';
import { systemHere } from './system-here.ts';

const NEEDS: readonly Capability[] = ['inStep', 'role', 'reload', 'weights'];
/** Of those that are not kept in step, to compare with. */
const WITHOUT_SHARE = 0.1;

const PARTS = ['takeovers', 'costs'];

/**
 * What takeovers cost connections whose servers' weights change all the time, with the pair in step and without; and what it costs to keep a pair
 * in step.
 */
export async function benchSync({ trials = 300, json, part, ...options }: BenchOptions): Promise<void> {
  if (part !== undefined && !PARTS.includes(part))
    throw new UserError(`there is no part ${part}; there are: ${PARTS.join(', ')}`, EXIT.usage);
  const signal = endsEarly();
  const system = systemHere(options.system);
  const driver = await driverHere(options.driver);
  const lacked = NEEDS.find((need) => system.can[need] === undefined);
  if (lacked !== undefined) throw new UserError(`${system.name}: ${system.lacks[lacked]}`, EXIT.usage);
  const tested = `${system.name} ${system.version()}`;
  console.log(`${tested}; ${conditions(`invention, ${driver}, ${trials} takeovers`)}; load ${load()}`);
  const results = part === 'costs' ? [] : await benchTakeovers({ system, driver, trials, signal });
  const costs = part === 'takeovers' || signal.aborted ? [] : await benchCosts();
  const judgements = costs.flatMap(judgeCost);
  console.log(`load at the end ${load()}`);
  if (json !== undefined)
    writeFileSync(
      json,
      JSON.stringify({ system: tested, driver, machine: machine(), results, costs, judgements }, undefined, 2),
    );
  process.exitCode = exitCodeOf([...results.slice(0, 1).map(outcomeOf), ...judgements.map(({ verdict }) => verdict)]);
}

interface Takeovers {
  system: System;
  driver: DriverName;
  trials: number;
  signal: AbortSignal;
}

async function benchTakeovers({ system, driver, trials, signal }: Takeovers): Promise<TakeoverResult[]> {
  console.log(TAKEOVER_HEADING);
  const live = new LiveLine();
  const onTrial = progressOn(live, 'takeovers');
  const results: TakeoverResult[] = [];
  for (const isInStep of [true, false]) {
    if (signal.aborted) break;
    const beganMs = performance.now();
    const wanted = isInStep ? trials : Math.ceil(trials * WITHOUT_SHARE);
    const result = await measureTakeovers({ system, driver, trials: wanted, isInStep, signal, onTrial });
    live.clear();
    results.push(result);
    console.log(`${takeoverRow(result)}${isInStep ? `  none lost: ${outcomeOf(result)}` : ''}`);
    for (const note of [...takeoverNotes(result), `took ${duration(performance.now() - beganMs)}`])
      console.log(chalk.dim(`  ${note}`));
  }
  const [inStep] = results;
  if (inStep && outcomeOf(inStep) === 'met')
    console.log(`so takeovers lose a connection at most ${percent(atMostOf(inStep.trials.length))} of the time (95 %)`);
  return results;
}

async function benchCosts(): Promise<CostFigure[]> {
  const live = new LiveLine();
  const progress = progressOn(live, 'figures');
  const figures: CostFigure[] = [];
  let wanted = 0;
  for await (const figure of measureCosts((expected) => {
    wanted = expected;
    progress('costs', 0, wanted);
  })) {
    live.clear();
    figures.push(figure);
    for (const judgement of judgeCost(figure)) console.log(judgementRow(judgement));
    const told = withoutBound(figure);
    if (told !== undefined) console.log(told);
    progress('costs', figures.length, wanted);
  }
  live.clear();
  return figures;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function outcomeOf({ trials, broken }: TakeoverResult): 'met' | 'violated' | 'not measured' {
  if (lostIn(trials) > 0) return 'violated';
  return trials.length === 0 || broken !== undefined ? 'not measured' : 'met';
}
