import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { System } from '../../system/system.ts';
import { type Ratio, ratioOf } from '../ratio.ts';
import { type FaultResult, type MeasureOptions, notMeasured, resultOf, runTrials } from './failover.ts';
import type { Fault } from './fault.ts';
import { FAULTS } from './faults.ts';
import type { Made } from './rig.ts';
import { PROBES_PER_SECOND, type Trial } from './trial.ts';

/** So many trials in one lab before it is the other version's turn: what the machine does in minutes meets both. */
const TRIALS_IN_A_TURN = 20;
/** The interval of a ratio of outages, this version's ÷ the other's, must end below. */
export const NONE_WORSE = 1.02;

/** One fault with two versions of the system under test. */
export interface Comparison {
  now: FaultResult;
  before: FaultResult;
  /** Of the outages (`outageOf`) in trials that count, `now` ÷ `before`; undefined where one of them has none. */
  outage?: Ratio;
}

/** Measures each fault with this version and that of a commit by turns, each turn in a lab of its own. */
export async function* compareFailover(
  system: System,
  commit: string,
  { trials, driver, name, signal, onTrial = () => {} }: MeasureOptions,
): AsyncGenerator<Comparison> {
  const folder = mkdtempSync(path.join(tmpdir(), 'onevip-against-'));
  try {
    const versions = system.can.versions;
    if (!versions) throw new Error(`${system.name} has no versions: ${system.lacks.versions}`);
    const commands = versions(folder, commit);
    for (const fault of FAULTS.filter((one) => name === undefined || one.name === name)) {
      if (signal?.aborted) return;
      yield await compare({ made: { system, driver }, fault, commands, signal }, trials, (done) =>
        onTrial(fault.label, done, 2 * trials),
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Compared {
  made: Made;
  fault: Fault;
  /** Folder with the commands of the other version. */
  commands: string;
  signal: AbortSignal | undefined;
}

async function compare(
  { made, fault, commands, signal }: Compared,
  wanted: number,
  onTrial: (done: number) => void,
): Promise<Comparison> {
  const unmeasured = notMeasured(made.system, fault);
  if (unmeasured) return { now: unmeasured, before: unmeasured };
  const runs = { now: new Turns(fault), before: new Turns(fault) };
  for (const turn of turns(wanted)) {
    const done = runs.now.counted + runs.before.counted;
    const version = turn.of === 'now' ? made : { ...made, pair: { commands } };
    const batch = { made: version, fault, wanted: turn.trials, signal };
    runs[turn.of].add(await runTrials(batch, (count) => onTrial(done + count)));
    if (runs[turn.of].broken !== undefined) break;
  }
  return comparisonOf(runs.now.result, runs.before.result, fault);
}

/** What a version has shown in its turns so far. */
class Turns {
  readonly fault: Fault;
  readonly trials: Trial[] = [];
  broken: string | undefined;

  constructor(fault: Fault) {
    this.fault = fault;
  }

  add({ trials, broken }: { trials: Trial[]; broken?: string }): void {
    this.trials.push(...trials);
    this.broken = broken;
  }

  get counted(): number {
    return this.trials.filter(({ discarded }) => discarded === undefined).length;
  }

  get result(): FaultResult {
    return resultOf(this.fault, this.trials, this.broken);
  }
}

/** Now, before, before, now, …: so that neither has the machine's worse half. */
export function turns(wanted: number): { of: 'now' | 'before'; trials: number }[] {
  const rounds = Math.ceil(wanted / TRIALS_IN_A_TURN);
  return Array.from({ length: rounds }, (_, round) => {
    const trials = Math.min(TRIALS_IN_A_TURN, wanted - round * TRIALS_IN_A_TURN);
    const order = round % 2 === 0 ? (['now', 'before'] as const) : (['before', 'now'] as const);
    return order.map((of) => ({ of, trials }));
  }).flat();
}

/**
 * What is compared of a trial, in milliseconds, without what is chance in both versions alike.
 *
 * An outage in which no probe was lost is shorter than the distance of two probes, and counts as that: what lies between their
 * instants is what the prober's timers made of it. One that begins with the fault is counted from the last beat before, which
 * was up to an interval ago: from there on the standby waits.
 */
function outageOf(
  { lost, outageMs, outageFromMs, timeline }: Trial,
  { endsForwarding }: Pick<Fault, 'endsForwarding'>,
): number {
  if (lost === 0) return 1000 / PROBES_PER_SECOND;
  return endsForwarding ? outageFromMs + outageMs - (timeline.lastBeatMs ?? 0) : outageMs;
}

export function comparisonOf(
  now: FaultResult,
  before: FaultResult,
  fault: Pick<Fault, 'endsForwarding'> = {},
): Comparison {
  const outages = ({ trials }: FaultResult) => trials.map((trial) => outageOf(trial, fault));
  if (now.trials.length === 0 || before.trials.length === 0) return { now, before };
  return { now, before, outage: ratioOf(outages(now), outages(before)) };
}
