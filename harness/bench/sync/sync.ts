import type { DriverName } from '../../driver/registry.ts';
import type { PairOptions, System } from '../../system/system.ts';
import { openRig, type Rig } from '../failover/rig.ts';
import { runTakeover, type Takeover } from './takeover.ts';
import { type ChangingWeights, changeWeights } from './weights.ts';

/** Takeovers of a pair that is kept in step, and of one that is not. */
export interface TakeoverResult {
  label: string;
  trials: Takeover[];
  discarded: Takeover[];
  /** Why they ended early, if they did. */
  broken?: string;
}

export interface TakeoverOptions {
  system: System;
  driver: DriverName;
  /** How many that count; at most as many again are run for those that do not. */
  trials: number;
  isInStep: boolean;
  /** Once it is aborted no other takeover is begun. */
  signal?: AbortSignal;
  onTrial?(label: string, done: number, wanted: number): void;
}

const CHANGE_EVERY_MS = 200;
/** So that a takeover is no longer ago than any connection lives, soon. */
const FORGETS_AFTER_MS = 2000;

/** One takeover after the other, in a lab of their own. */
export async function measureTakeovers({
  system,
  driver,
  trials: wanted,
  isInStep,
  signal,
  onTrial = () => {},
}: TakeoverOptions): Promise<TakeoverResult> {
  const label = isInStep ? 'in step' : 'without sync';
  const all: Takeover[] = [];
  const counted = () => all.filter(({ discarded }) => discarded === undefined).length;
  const pair: PairOptions = { forgetsAfterMs: FORGETS_AFTER_MS, ...(isInStep && { inStep: true }) };
  let [rig, weights]: [Rig?, ChangingWeights?] = [];
  let broken: string | undefined;
  try {
    // At the pace of labs that share a machine: how long a takeover takes is another benchmark.
    rig = await openRig({ system, driver, pair, pace: 'shared' });
    weights = changeWeights(rig.lab, CHANGE_EVERY_MS);
    while (counted() < wanted && all.length < 2 * wanted) {
      signal?.throwIfAborted();
      all.push(await runTakeover(rig, weights, all.length));
      onTrial(label, counted(), wanted);
    }
  } catch (error) {
    broken = error instanceof Error ? error.message : String(error);
  } finally {
    await weights?.stop();
    await rig?.close();
  }
  const { good = [], bad = [] } = Object.groupBy(all, ({ discarded }) => (discarded === undefined ? 'good' : 'bad'));
  return { label, trials: good, discarded: bad, ...(broken !== undefined && { broken }) };
}
