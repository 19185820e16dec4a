import { writeFileSync } from 'node:fs';
import chalk from 'chalk';
import { type FaultResult, faultNames, measureFailover } from '../bench/failover/failover.ts';
import { HEADING, notesOf, outcomeOf, rowOf } from '../bench/failover/row.ts';
import { type Comparison, compareFailover } from '../bench/failover/turns.ts';
import { COMPARE_HEADING, compareNotes, compareRow, outcomeOfComparison } from '../bench/failover/turns-row.ts';
import { machine } from '../doctor/probe.ts';
import type { DriverName } from '../driver/registry.ts';
import { commitOf } from '../system/commits.ts';
import type { System } from '../system/system.ts';
import { type BenchOptions, conditions, endsEarly, exitCodeOf, load, progressOn } from './bench-run.ts';
import { driverHere } from './driver-here.ts';
import { LiveLine } from './live-line.ts';
import { EXIT, UserError } from './problem.ts';
import { systemHere } from './system-here.ts';

/** What clients notice of each fault, packet by packet, at the pair's default settings. */
export async function benchFailover(options: BenchOptions): Promise<void> {
  const { trials = 100, fault, json, against } = options;
  const signal = endsEarly();
  const system = systemHere(options.system);
  const driver = await driverHere(options.driver);
  if (fault !== undefined && !faultNames.includes(fault)) {
    throw new UserError(`there is no fault ${fault}; there are: ${faultNames.join(', ')}`, EXIT.usage);
  }
  if (against !== undefined) return compareVersions(system, against, { trials, driver, fault, json, signal });
  const tested = `${system.name} ${system.version()}`;
  console.log(`${tested}; ${failoverConditions(driver, trials)}`);
  console.log(HEADING.join('\n'));
  const results: FaultResult[] = [];
  const live = new LiveLine();
  const onTrial = progressOn(live, 'trials');
  for await (const result of measureFailover(system, { trials, driver, name: fault, signal, onTrial })) {
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

const failoverConditions = (driver: DriverName, trials: number): string =>
  `${conditions(`invention, ${driver}, ${trials} trials`)}; 1,000 probes a second; load ${load()}`;

interface Compared {
  trials: number;
  driver: DriverName;
  fault: string | undefined;
  json: string | undefined;
  signal: AbortSignal;
}

/** Whether outages became longer since a commit: both versions by turns, in one run. */
async function compareVersions(
  system: System,
  against: string,
  { trials, driver, fault, json, signal }: Compared,
): Promise<void> {
  const commit = versionToCompare(system, against);
  const tested = `${system.name} ${system.version()} against ${commit.slice(0, 12)}`;
  console.log(`${tested}, by turns; ${failoverConditions(driver, trials)}`);
  console.log(COMPARE_HEADING.join('\n'));
  const results: Comparison[] = [];
  const live = new LiveLine();
  for await (const result of compareFailover(system, commit, {
    trials,
    driver,
    name: fault,
    signal,
    onTrial: progressOn(live, 'trials'),
  })) {
    live.clear();
    results.push(result);
    console.log(compareRow(result));
    for (const note of compareNotes(result)) console.log(chalk.dim(`  ${note}`));
    if (json !== undefined)
      writeFileSync(
        json,
        JSON.stringify({ system: tested, driver, machine: machine(), trials, results }, undefined, 2),
      );
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
