import type { DriverName } from '../../driver/registry.ts';
import type { System } from '../../system/system.ts';
import type { Fault } from './fault.ts';
import { FAULTS } from './faults.ts';
import { type Made, openRig, type Rig } from './rig.ts';
import { runTrial, type Trial } from './trial.ts';

/** Everything that was measured of one fault. */
export interface FaultResult {
  name: string;
  label: string;
  bound: string;
  trials: Trial[];
  /** Trials whose times say nothing of the system, each with why in `void`. */
  discarded: Trial[];
  /** What the counted trials did that the bound forbids, and what the old active of any trial did. */
  violated: string[];
  /** What else those did whose times do not count: no verdict, but not to be met quiet about. */
  violatedInDiscarded: string[];
  /** The trial to look at first: one that the bound forbids, if there is any. */
  worst?: Trial;
  /** Why it could not be measured, or not to the end. */
  broken?: string;
  /** Why the system under test is not measured by it, in its own label. */
  skipped?: string;
}

export const faultNames: readonly string[] = FAULTS.map(({ name }) => name);

/**
 * Measures faults one after another, each in a lab of its own that has the machine to itself, in so many trials that count;
 * at most as many again are run for those that do not.
 */
export async function* measureFailover(
  system: System,
  { trials: wanted, driver, name, signal, onTrial = () => {} }: MeasureOptions,
): AsyncGenerator<FaultResult> {
  const made = { system, driver };
  for (const fault of FAULTS.filter((one) => name === undefined || one.name === name)) {
    if (signal?.aborted) return;
    yield measure({ made, fault, wanted, signal }, (done) => onTrial(fault.label, done, wanted));
  }
}

export interface MeasureOptions {
  /** Of each fault, that count. */
  trials: number;
  /** What nodes are made of. */
  driver: DriverName;
  /** This fault alone. */
  name?: string | undefined;
  /** Once it is aborted no other trial is begun. */
  signal?: AbortSignal | undefined;
  /** Called after each trial with how many count of those that are wanted. */
  onTrial?(label: string, done: number, wanted: number): void;
}

async function measure(batch: Batch, onTrial: (counted: number) => void): Promise<FaultResult> {
  const { made, fault } = batch;
  const unmeasured = notMeasured(made.system, fault);
  if (unmeasured) return unmeasured;
  const { trials, broken } = await runTrials(batch, onTrial);
  return resultOf(fault, trials, broken);
}

/** The result of a fault that this system or this machine does not know. */
export function notMeasured(system: System, fault: Fault): FaultResult | undefined {
  const lacked = fault.needs?.find((need) => system.can[need] === undefined);
  if (lacked !== undefined) return { ...resultOf(fault, []), skipped: `${system.name}: ${system.lacks[lacked]}` };
  const missing = fault.missing?.();
  return missing === undefined ? undefined : resultOf(fault, [], missing);
}

export interface Batch {
  made: Made;
  fault: Fault;
  /** How many trials that count. */
  wanted: number;
  signal: AbortSignal | undefined;
}

/** Trials of one fault in a lab of their own, and why they ended early, if they did. */
export async function runTrials(
  { made, fault, wanted, signal }: Batch,
  onTrial: (counted: number) => void,
): Promise<{ trials: Trial[]; broken?: string }> {
  const trials: Trial[] = [];
  let rig: Rig | undefined;
  try {
    rig = await openRig(made, (lab) => fault.prepareLab?.(lab));
    while (counted(trials) < wanted && trials.length < 2 * wanted) {
      signal?.throwIfAborted();
      trials.push(await runTrial(rig, fault, trials.length));
      onTrial(counted(trials));
    }
    return { trials };
  } catch (error) {
    return { trials, broken: error instanceof Error ? error.message : String(error) };
  } finally {
    await rig?.close();
  }
}

const counted = (trials: readonly Trial[]): number => trials.filter((trial) => trial.discarded === undefined).length;

/** @param all every trial that was run, in whatever order */
export function resultOf(
  { name, label, bound }: Pick<Fault, 'name' | 'label' | 'bound'>,
  all: readonly Trial[],
  broken?: string,
): FaultResult {
  const { good = [], bad = [] } = Object.groupBy(all, (trial) => (trial.discarded === undefined ? 'good' : 'bad'));
  const isForbidden = (trial: Trial) => bound.violated([trial]).length > 0;
  const worst = worstOf(good.filter(isForbidden)) ?? worstOf(bad.filter(isForbidden)) ?? worstOf(good);
  const result = {
    name,
    label,
    bound: bound.label,
    trials: good,
    discarded: bad,
    violated: bound.violated(all),
    violatedInDiscarded: bound.violatedInDiscarded(all),
    ...(worst && { worst }),
  };
  return broken === undefined ? result : { ...result, broken };
}

function worstOf(trials: readonly Trial[]): Trial | undefined {
  return trials.toSorted((one, other) => other.lost - one.lost || other.outageMs - one.outageMs)[0];
}
