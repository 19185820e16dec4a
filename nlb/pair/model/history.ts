import fc from 'fast-check';
import type { Settings } from '../settings.ts';
import { standing, targetsMet } from '../state.ts';
import { endOf, type Fault, faults, lasting, type SyncFault, syncFaults } from './fault.ts';
import { hears } from './hearing.ts';
import { inject, injectIntoSync, type Victim } from './inject.ts';
import { LawBroken, openLaws } from './laws.ts';
import { SIDES, type Side } from './network.ts';
import type { Machine } from './surroundings.ts';
import { daemonsOf, type Node, openWorld, type World } from './world.ts';

/** Everything that a history depends on: the same one always happens in the same way. */
export interface History {
  seed: number;
  partsPerMillion: readonly [number, number];
  primary: 0 | 1 | 'none' | 'both';
  /** Of each node: while a pair's configuration is being changed, they differ. */
  times: readonly [Times, Times];
  /** On which sides of the access subnet there is a reach target. */
  targets: readonly Side[];
  recovery: readonly [Settings['recovery'], Settings['recovery']];
  /** How much later than the first the second daemon starts. */
  startGapMs: number;
  faults: Fault[];
  /** What begins before them and never ends. */
  lasting: Fault[];
  /** How long after the second start. */
  lastingAfterMs: number;
  /** How many stations but the two there are to be asked. */
  stations: number;
  /** How long nothing may move once one leads. */
  calmMs: number;
  /** Which nodes take part in sync, and what happens to it where both do. */
  sync: readonly Side[];
  syncFaults: SyncFault[];
}

export type Times = Pick<Settings, 'intervalMs' | 'leaseMs' | 'deadAfterMs'>;

const times = fc.constantFrom<Times>(
  { intervalMs: 10, leaseMs: 30, deadAfterMs: 40 },
  { intervalMs: 10, leaseMs: 21, deadAfterMs: 22 },
  { intervalMs: 10, leaseMs: 60, deadAfterMs: 61 },
);
const recovery = fc.constantFrom<Settings['recovery']>('manual', 'manual', 'automatic');
const partsPerMillion = fc.integer({ min: -200, max: 200 });

export const histories: fc.Arbitrary<History> = fc.record({
  seed: fc.nat(),
  partsPerMillion: fc.tuple(partsPerMillion, partsPerMillion),
  primary: fc.constantFrom<0 | 1 | 'none' | 'both'>(0, 1, 0, 1, 'none', 'both'),
  times: fc.oneof({ weight: 3, arbitrary: times.map((both) => [both, both] as const) }, fc.tuple(times, times)),
  targets: fc.constantFrom<readonly Side[]>([], [], [0], [1], [0, 1]),
  recovery: fc.oneof(
    { weight: 4, arbitrary: recovery.map((both) => [both, both] as const) },
    fc.tuple(recovery, recovery),
  ),
  startGapMs: fc.constantFrom(0, 0, 40, 500),
  faults: fc.array(faults, { minLength: 1, maxLength: 14, size: 'max' }),
  lasting,
  lastingAfterMs: fc.constantFrom(0, 300, 300, 300),
  stations: fc.constantFrom(2, 2, 2, 0),
  calmMs: fc.constantFrom(100, 100, 100, 1500),
  sync: fc.constantFrom<readonly Side[]>([], [], [], [0, 1], [0, 1], [0]),
  syncFaults,
});

export interface Outcome {
  /** The law that was broken, and when. */
  broken?: string;
  timeline: string[];
  /** From the end of the last fault until one led and the other stood by. */
  settledInMs: number;
  healedInMs: number;
  /** For how long two answered after one had woken that stood still with all its clocks. */
  wokenInMs: number;
  simulatedMs: number;
}

/** Once the last fault has ended, one leads and the other stands by within so long. */
export const SETTLED_WITHIN_MS = 500;
/** A node that was deaf asks once a second whether it hears anybody again. */
const HEARS_WITHIN_MS = 1100;
const POOR_HOLD_MS = 500;
const REACH_HOLD_MS = 100;
const STALE_AFTER_MS = 120;
const COMPLETE_MS = 60;
const HOLD_DOWN_MS = 50;
const HOLD_DOWN_MAX_MS = 400;
/** Within so long after that, a primary that may have the lead back has it. */
const RECOVERED_WITHIN_MS = HOLD_DOWN_MAX_MS + POOR_HOLD_MS + 200;
/** A silence that began in the last fault may still be acted upon for so long. */
const AFTERMATH_MS = 100;
const LOOK_EVERY_MS = 5;

/** Lets a history happen. */
export function happen(history: History, machine: Machine): Outcome {
  const clocks = history.partsPerMillion.map((ppm, i) => ({ offsetMs: 1e6 + i * 12345.678, partsPerMillion: ppm }));
  const settings = [settingsOf(history, 0), settingsOf(history, 1)] as const;
  const { targets, stations, sync } = history;
  const setting = {
    sync,
    targets,
    stations,
    seed: history.seed,
    clocks: clocks as [(typeof clocks)[0], (typeof clocks)[0]],
    settings,
    machine,
  };
  const victim = openWorld(setting, (world) => openLaws(world, healedWithinMs(history)));
  const outcome = { timeline: victim.laws.timeline, settledInMs: 0, healedInMs: 0, wokenInMs: 0, simulatedMs: 0 };
  try {
    const overMs = suffer(victim, history);
    outcome.settledInMs = settle(victim.world, overMs, history);
    victim.laws.nothingMoves();
    victim.world.agenda.runUntil(victim.world.agenda.nowMs() + history.calmMs);
  } catch (error) {
    if (!(error instanceof LawBroken)) throw error;
    return { ...outcome, broken: error.message };
  }
  return {
    ...outcome,
    healedInMs: victim.laws.worstHealingMs(),
    wokenInMs: victim.laws.worstWakingMs(),
    simulatedMs: victim.world.agenda.nowMs(),
  };
}

/** What the more patient of the two takes for a death, by the longer of the two leases. */
function healedWithinMs({ times: [one, other] }: History): number {
  const slack = Math.max(one.deadAfterMs - one.leaseMs, other.deadAfterMs - other.leaseMs);
  return Math.max(one.leaseMs, other.leaseMs) + slack;
}

function settingsOf({ primary, times, recovery }: History, side: 0 | 1): Settings {
  const names = ['nlb1', 'nlb2'] as const;
  return {
    node: names[side],
    peer: names[1 - side] as string,
    primary: primary === side || primary === 'both',
    lowerAddress: side === 0,
    ...times[side],
    headStartMs: 250,
    poorHoldMs: POOR_HOLD_MS,
    reachHoldMs: REACH_HOLD_MS,
    recovery: recovery[side],
    holdDownMs: HOLD_DOWN_MS,
    holdDownMaxMs: HOLD_DOWN_MAX_MS,
    staleAfterMs: STALE_AFTER_MS,
    letGoMs: 1000,
    completeMs: COMPLETE_MS,
  };
}

/** When the last fault is over. */
function suffer(victim: Victim, { faults, lasting, lastingAfterMs, startGapMs, ...history }: History): number {
  const { agenda } = victim.world;
  victim.start(0);
  agenda.runUntil(startGapMs);
  victim.start(1);
  let overMs = history.sync.length === SIDES.length ? sufferInSync(victim, history.syncFaults) : agenda.nowMs();
  if (lasting.length > 0) agenda.runUntil(agenda.nowMs() + lastingAfterMs);
  for (const fault of lasting) inject(victim, fault);
  for (const fault of faults) {
    agenda.runUntil(agenda.nowMs() + fault.afterMs);
    inject(victim, fault);
    overMs = Math.max(overMs, endOf(agenda.nowMs(), fault));
  }
  agenda.runUntil(overMs);
  return overMs;
}

/** Plans all of them. @returns when the last is over */
function sufferInSync(victim: Victim, syncFaults: readonly SyncFault[]): number {
  const { agenda } = victim.world;
  let [atMs, overMs] = [agenda.nowMs(), agenda.nowMs()];
  for (const fault of syncFaults) {
    atMs += fault.afterMs;
    agenda.at(atMs, () => injectIntoSync(victim, fault));
    overMs = Math.max(overMs, endOf(atMs, fault));
  }
  return overMs;
}

function settle(world: World, overMs: number, { lasting, faults }: History): number {
  const { agenda } = world;
  const isSettled = lasting.length > 0 ? isServed : isLed;
  agenda.runUntil(overMs + AFTERMATH_MS);
  const hearsMs = [...faults, ...lasting].some(({ type }) => type === 'deaf') ? HEARS_WITHIN_MS : 0;
  comesTrue(world, isSettled, overMs + SETTLED_WITHIN_MS + hearsMs);
  const settledInMs = agenda.nowMs() - overMs;
  if (isSettled === isLed) comesTrue(world, isAtRest, agenda.nowMs() + RECOVERED_WITHIN_MS);
  else agenda.runUntil(agenda.nowMs() + RECOVERED_WITHIN_MS + POOR_HOLD_MS + hearsMs);
  comesTrue(world, isSettled, agenda.nowMs());
  if (lasting.some(({ type }) => type === 'serviceDead')) comesTrue(world, isServedWhole, agenda.nowMs());
  return settledInMs;
}

function comesTrue(world: World, holds: (world: World) => boolean, untilMs: number): void {
  const { agenda } = world;
  while (!holds(world)) {
    if (agenda.nowMs() > untilMs) {
      const states = daemonsOf(world).map((daemon) => daemon?.role.state.name ?? 'dead');
      throw new LawBroken(`${states.join(' and ')} long after the last fault had ended, not ${holds.name}`);
    }
    agenda.runUntil(agenda.nowMs() + LOOK_EVERY_MS);
  }
}

function isLed(world: World): boolean {
  const states = daemonsOf(world).map((daemon) => daemon?.role.state.name);
  return states.includes('active') && states.includes('standby');
}

/**
 * One leads that hears somebody, where it can know that, whatever ways remain closed. Two may, where neither has ever heard what the
 * other's daemon has said since its start: nobody can be believed who has not heard us, for that may be a recording.
 */
function isServed(world: World): boolean {
  const leaders = world.nodes.filter(({ daemon }) => daemon?.role.state.name === 'active');
  const isUseful = leaders.every(({ side, daemon }) => daemon?.at.stations === 0 || !isDeaf(world, side));
  return isUseful && (leaders.length === 1 || (leaders.length === 2 && !SIDES.some((side) => hears(world, side))));
}

/** To whom a service is dead leads only where the other could not, or meets fewer reach targets. */
function isServedWhole({ nodes }: World): boolean {
  const [leader, other] = nodes.toSorted((a, b) => Number(leads(b)) - Number(leads(a)));
  if (leader?.daemon === undefined || other?.daemon === undefined) return true;
  const met = (node: Node) => targetsMet(node.daemon?.role.facts ?? { targets: {} });
  return leader.deadServices === 0 || other.daemon.role.state.name !== 'standby' || met(other) < met(leader);
}

const leads = ({ daemon }: Node): boolean => daemon?.role.state.name === 'active';

const isDeaf = ({ network }: World, side: Side): boolean => network.wires.access.deafs[side] > 0;

/** Nobody outranks the leader, and both know of each other what is true. */
function isAtRest(world: World): boolean {
  const roles = daemonsOf(world).flatMap((daemon) => (daemon ? [{ daemon, role: daemon.role }] : []));
  const isGiven = roles.some(({ daemon, role }) => {
    const { primary, recovery } = daemon.at.settings;
    return role.state.name === 'active' && recovery === 'automatic' && !primary;
  });
  const wants =
    isGiven && roles.some(({ daemon, role }) => standing(role, role.tickedAtMs, daemon.at.settings).wantsFailback);
  const isBetterThere = roles.some(({ role: { lasting } }) => lasting.peerReachesMore ?? lasting.peerServesBetter);
  return isLed(world) && !wants && !isBetterThere;
}
