import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { announcementsFrom } from '../../check/announcement.ts';
import { until } from '../../clock/until.ts';
import { signal } from '../../fault/daemon.ts';
import { preparePowerLoss, restorePower } from '../../fault/power.ts';
import type { Pair } from '../../lab/lab.ts';
import type { LabNode } from '../../node/node.ts';
import type { Load } from '../../traffic/client-handle.ts';
import { type Rig, target } from '../failover/rig.ts';
import { takenOver } from '../failover/waits.ts';
import { clientPortOf, judgeTakeover, LAST_MS, type Survived } from './judged.ts';
import type { ChangingWeights } from './weights.ts';

/** One takeover. */
export interface Takeover extends Survived {
  active: string;
  how: string;
  /** How many changes of weights the struck node had taken up since the connections began. */
  changes: number;
  /** Why it does not count, if it does not. */
  discarded?: string;
}

/** Connections that begin under some weights each, before those of the last moment. */
const [TURNS, A_TURN] = [3, 60];
const CHANGES_A_TURN = 2;
/** Of these at least so many must be established in the last 50 ms, or the takeover does not count. */
const [LAST, AT_LEAST] = [250, 100];
const INTERVAL_MS = 500;
/** From the order to open them to the takeover. */
const [SOONEST_MS, LATEST_MS] = [10, 55];
const RESTS_WITHIN_MS = 60_000;
const GOES_ON_WITHIN_MS = 10_000;

interface Blow {
  how: string;
  /** Gives what strikes, so that what takes time is done before. */
  prepare(rig: Rig, active: LabNode): Promise<() => unknown>;
  mend(rig: Rig, active: LabNode): Promise<void>;
}

const BLOWS: readonly [Blow, Blow] = [
  {
    how: 'power loss',
    prepare: ({ view }, active) => preparePowerLoss(view, active),
    mend: ({ view }, active) => restorePower(view, active),
  },
  {
    how: 'kill -9',
    prepare:
      async ({ view }, active) =>
      () =>
        signal(view, active, 'SIGKILL'),
    mend: async () => {},
  },
];

/** @param number from 0: the active loses its power and is killed by turns */
export async function runTakeover(rig: Rig, weights: ChangingWeights, number: number): Promise<Takeover> {
  const { active, standby } = await atRest(rig);
  const { how, prepare, mend } = BLOWS[number % 2 === 0 ? 0 : 1];
  const before = weights.taken(active);
  rig.ports.flush();
  rig.events();
  rig.history.cut();
  const loads = await openUnderChanges(rig, weights, active);
  const strike = await prepare(rig, active);
  const last = open(rig, LAST);
  // The random instant.
  await pause(randomInt(SOONEST_MS, LATEST_MS));
  const injectedNs = rig.history.nowNs();
  await strike();
  await takenOver({ rig, standby, injectedNs });
  loads.push(await last);
  const takenOverNs = announcementsFrom(
    rig.events(),
    rig.view.port(standby.name, 'access'),
    rig.lab.plan.addresses.nlbs,
  )
    .map(({ event }) => event.atNs)
    .find((atNs) => atNs >= injectedNs);
  await allGoOn(loads, takenOverNs ?? rig.history.nowNs());
  await Promise.all(loads.map((load) => load.stop()));
  const dropped = rig.ports.flush();
  const [client] = rig.view.ports('client');
  if (!client) throw new Error('the topology has no client');
  const survived = judgeTakeover(rig.events(), { client, injectedNs, takenOverNs });
  const changes = weights.taken(active) - before;
  const wasInStep = rig.lab.setup.inStep ? await rig.lab.system.can.inStep?.wasInStep(standby) : undefined;
  await mend(rig, active);
  rig.lab.startSystem(active);
  const discarded = whyDiscarded({ ...survived, dropped, changes, wasInStep });
  return { ...survived, active: active.name, how, changes, ...(discarded !== undefined && { discarded }) };
}

/** One leads, and what it plans is committed at once; where the system keeps its standby in step, that is so. */
async function atRest({ lab }: Rig): Promise<Pair> {
  const pair = await lab.pair(RESTS_WITHIN_MS);
  const { inStep } = lab.system.can;
  if (!lab.setup.inStep || !inStep) return pair;
  await until(() => inStep.mayChange(pair.active), {
    what: `${pair.standby.name} is in step, and ${pair.active.name} changes its selections`,
    withinMs: RESTS_WITHIN_MS,
    everyMs: 20,
  });
  return pair;
}

const open = (rig: Rig, count: number): Promise<Load> =>
  rig.client.startTcpFlows({ target: target(rig, 'echo'), count, intervalMs: INTERVAL_MS });

async function openUnderChanges(rig: Rig, weights: ChangingWeights, active: LabNode): Promise<Load[]> {
  const loads: Load[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    loads.push(await open(rig, A_TURN));
    const wanted = weights.taken(active) + CHANGES_A_TURN;
    await until(() => weights.taken(active) >= wanted, { what: 'the weights change', withinMs: 10_000 });
  }
  return loads;
}

/** Each connection has been answered again, or will not be. */
async function allGoOn(loads: readonly Load[], sinceNs: number): Promise<void> {
  const deadlineMs = performance.now() + GOES_ON_WITHIN_MS;
  const answered = (load: Load) =>
    new Set(load.probes.filter(({ answeredNs = 0 }) => answeredNs > sinceNs).map(({ flow }) => clientPortOf(flow)))
      .size;
  const wanted = TURNS * A_TURN + LAST;
  const isDone = () => loads.reduce((sum, load) => sum + answered(load), 0) >= wanted;
  await until(() => isDone() || performance.now() > deadlineMs, {
    what: 'connections are answered',
    withinMs: 2 * GOES_ON_WITHIN_MS,
    everyMs: 50,
  });
}

interface Seen {
  fresh: number;
  dropped: number;
  changes: number;
  wasInStep?: boolean | undefined;
}

/** What makes a takeover no trial of what was to be tried. */
export function whyDiscarded(seen: Seen): string | undefined {
  if (seen.wasInStep === false) return 'the active had said that its standby was not in step';
  if (seen.dropped > 0) return `the capture lost ${seen.dropped} frames`;
  if (seen.fresh < AT_LEAST) return `${seen.fresh} connections were established in the last ${LAST_MS} ms`;
  return seen.changes < TURNS * CHANGES_A_TURN ? `the weights changed ${seen.changes} times` : undefined;
}
