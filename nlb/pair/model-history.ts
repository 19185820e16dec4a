import fc from 'fast-check';
import type { Machine } from './model-daemon.ts';
import { endOf, type Fault, faults } from './model-fault.ts';
import { inflict, type Victim } from './model-inflict.ts';
import { LawBroken, openLaws } from './model-laws.ts';
import { daemonsOf, openWorld, type World } from './model-world.ts';
import type { Settings } from './settings.ts';

/** Everything that a history depends on: the same one always happens in the same way. */
export interface History {
  seed: number;
  partsPerMillion: readonly [number, number];
  primary: 0 | 1 | 'none';
  times: Times;
  /** How much later than the first the second daemon starts. */
  startGapMs: number;
  faults: Fault[];
  /** How long nothing may move once one leads. */
  calmMs: number;
}

export type Times = Pick<Settings, 'intervalMs' | 'leaseMs' | 'deadAfterMs'>;

const partsPerMillion = fc.integer({ min: -200, max: 200 });

export const histories: fc.Arbitrary<History> = fc.record({
  seed: fc.nat(),
  partsPerMillion: fc.tuple(partsPerMillion, partsPerMillion),
  primary: fc.constantFrom<0 | 1 | 'none'>(0, 1, 'none'),
  times: fc.constantFrom<Times>(
    { intervalMs: 10, leaseMs: 30, deadAfterMs: 40 },
    { intervalMs: 10, leaseMs: 21, deadAfterMs: 22 },
    { intervalMs: 10, leaseMs: 60, deadAfterMs: 61 },
  ),
  startGapMs: fc.constantFrom(0, 0, 40, 500),
  faults: fc.array(faults, { minLength: 1, maxLength: 14, size: 'max' }),
  calmMs: fc.constantFrom(100, 100, 100, 1500),
});

export interface Outcome {
  /** The law that was broken, and when. */
  broken?: string;
  story: string[];
  /** From the end of the last fault until one led and the other stood by. */
  settledInMs: number;
  healedInMs: number;
  simulatedMs: number;
}

/** Once the last fault has ended, one leads and the other stands by within so long. */
export const SETTLED_WITHIN_MS = 500;
/** A silence that began in the last fault may still be acted upon for so long. */
const AFTERMATH_MS = 100;
const LOOK_EVERY_MS = 5;

/** Lets a history happen. */
export function happen(history: History, machine: Machine): Outcome {
  const clocks = history.partsPerMillion.map((ppm, i) => ({ offsetMs: 1e6 + i * 12345.678, partsPerMillion: ppm }));
  const settings = [settingsOf(history, 0), settingsOf(history, 1)] as const;
  const setting = { seed: history.seed, clocks: clocks as [(typeof clocks)[0], (typeof clocks)[0]], settings, machine };
  const victim = openWorld(setting, (world) => openLaws(world, history.times.deadAfterMs));
  const outcome = { story: victim.laws.story, settledInMs: 0, healedInMs: 0, simulatedMs: 0 };
  try {
    const overMs = suffer(victim, history);
    outcome.settledInMs = settle(victim.world, overMs);
    victim.laws.nothingMoves();
    victim.world.agenda.runUntil(victim.world.agenda.nowMs() + history.calmMs);
  } catch (error) {
    if (!(error instanceof LawBroken)) throw error;
    return { ...outcome, broken: error.message };
  }
  return { ...outcome, healedInMs: victim.laws.worstHealingMs(), simulatedMs: victim.world.agenda.nowMs() };
}

function settingsOf({ primary, times }: History, side: 0 | 1): Settings {
  const names = ['nlb1', 'nlb2'] as const;
  return {
    node: names[side],
    peer: names[1 - side] as string,
    primary: primary === side,
    lowerAddress: side === 0,
    ...times,
    headStartMs: 250,
    poorHoldMs: 500,
    letGoMs: 1000,
  };
}

/** When the last fault is over. */
function suffer(victim: Victim, { faults, startGapMs }: History): number {
  const { agenda } = victim.world;
  victim.start(0);
  agenda.runUntil(startGapMs);
  victim.start(1);
  let overMs = agenda.nowMs();
  for (const fault of faults) {
    agenda.runUntil(agenda.nowMs() + fault.afterMs);
    inflict(victim, fault);
    overMs = Math.max(overMs, endOf(agenda.nowMs(), fault));
  }
  agenda.runUntil(overMs);
  return overMs;
}

function settle(world: World, overMs: number): number {
  const { agenda } = world;
  agenda.runUntil(overMs + AFTERMATH_MS);
  while (!isSettled(world)) {
    if (agenda.nowMs() > overMs + SETTLED_WITHIN_MS) {
      const states = daemonsOf(world).map((daemon) => daemon?.role.state.name ?? 'dead');
      throw new LawBroken(`${states.join(' and ')} ${SETTLED_WITHIN_MS} ms after the last fault had ended`);
    }
    agenda.runUntil(agenda.nowMs() + LOOK_EVERY_MS);
  }
  return agenda.nowMs() - overMs;
}

function isSettled(world: World): boolean {
  const states = daemonsOf(world).map((daemon) => daemon?.role.state.name);
  return states.includes('active') && states.includes('standby');
}
