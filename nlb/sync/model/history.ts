import fc from 'fast-check';
import type { Action } from './action.ts';
import { type Counts, isAnyHeld, unneededExceptions } from './laws.ts';
import { leaderOf, otherOf, type World } from './state.ts';
import type { Machine } from './surroundings.ts';
import { LawBroken } from './truth.ts';
import { openWorld, perform } from './world.ts';

/** All that a history depends on: the same one always happens in the same way. */
export type History = readonly Action[];

const pick = fc.nat({ max: 23 });
/** One flow more often than others, so that its ports are used again. */
const flow = fc.constantFrom(0, 0, 0, 1, 2, 3, 4, 5);
const server = fc.nat({ max: 2 });
const isToOld = fc.boolean();
const wish = fc.record({ do: fc.constant('wish' as const), slot: server, server });
const doing = <Name extends string>(...names: Name[]) => fc.record({ do: fc.constantFrom(...names) });

const actions: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('talk', 'talk', 'slow', 'last', 'again'), flow, isToOld }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('program' as const), pick }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constantFrom('deliver', 'deliver', 'deliver', 'lose', 'twice'), pick }) },
  { weight: 12, arbitrary: doing('frame', 'frame', 'walk', 'walk', 'walk', 'review', 'look', 'notice', 'noticeOther') },
  { weight: 4, arbitrary: wish },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('die', 'revive'), server }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 10, 10, 10, 50, 110, 250, 1150) }),
  },
  { weight: 2, arbitrary: doing('kill', 'kill', 'powerLoss', 'handover', 'restart', 'restartStandby') },
  { weight: 2, arbitrary: doing('takeover', 'return') },
);

const deliver: Action = { do: 'deliver', pick: 0 };
const joined: Action[] = [{ do: 'wait', ms: 10 }, deliver, deliver, deliver, deliver, deliver];
const walked: Action[] = [{ do: 'walk' }, { do: 'walk' }, { do: 'walk' }];

const says = (what: 'talk' | 'last' | 'again', flow: number): Action[] => [
  { do: what, flow, isToOld: false },
  { do: 'program', pick: 23 },
];

/** What goes well most of the time, so that histories get further than by single steps. */
const courses: fc.Arbitrary<Action[]> = fc.oneof(
  fc
    .tuple(flow, wish)
    .map(([flow, change]): Action[] => [
      ...says('talk', flow),
      { do: 'kill' },
      { do: 'takeover' },
      change,
      ...says('again', flow),
    ]),
  fc.constant<Action[]>([{ do: 'kill' }, { do: 'takeover' }, { do: 'wait', ms: 110 }]),
  fc
    .tuple(flow, wish)
    .map(([flow, change]): Action[] => [
      change,
      { do: 'talk', flow, isToOld: false },
      { do: 'kill' },
      { do: 'restart' },
      ...says('talk', flow),
      { do: 'wait', ms: 110 },
    ]),
  fc.constant<Action[]>([{ do: 'return' }, ...joined]),
  fc.constant<Action[]>([{ do: 'program', pick: 0 }, { do: 'frame' }, deliver, deliver]),
  fc.constant<Action[]>([...walked, deliver, deliver]),
  flow.map((flow) => says('talk', flow)),
  server.map((server): Action[] => [{ do: 'die', server }, { do: 'noticeOther' }, { do: 'revive', server }]),
  server.map((server): Action[] => [
    { do: 'die', server },
    { do: 'notice' },
    deliver,
    deliver,
    { do: 'revive', server },
    { do: 'notice' },
  ]),
  flow.map((flow): Action[] => [...says('last', flow), { do: 'wait', ms: 250 }, { do: 'review' }]),
  fc
    .tuple(flow, wish)
    .map(([flow, change]): Action[] => [
      ...says('last', flow),
      { do: 'wait', ms: 250 },
      change,
      ...says('talk', flow),
      { do: 'frame' },
    ]),
);

/** The pair is in step in most histories before anything can go wrong. */
const beginnings = fc.constantFrom<Action[]>(joined, joined, []);
const steps = fc.oneof({ weight: 5, arbitrary: actions.map((action) => [action]) }, { weight: 1, arbitrary: courses });

export const histories: fc.Arbitrary<History> = fc
  .tuple(beginnings, fc.array(steps, { minLength: 10, maxLength: 80, size: 'max' }))
  .map(([first, then]) => [...first, ...then.flat()]);

export interface Outcome {
  /** The law that was broken, and after which step. */
  broken?: string;
  counts: Counts;
}

/** Lets a history happen, and quiet follow it. */
export function happen(history: History, machine: Machine): Outcome {
  const world = openWorld(machine);
  const { counts } = world.laws;
  let step = 0;
  try {
    for (const action of history) {
      step++;
      perform(world, action);
    }
    calm(world);
  } catch (error) {
    if (!(error instanceof LawBroken)) throw error;
    return { broken: `${error.message}, at step ${step} of ${history.length}`, counts };
  }
  return { counts };
}

const ROUNDS = 400;

/** Everything works, and nothing is asked for: properties 5 and 8. */
function calm(world: World): void {
  perform(world, { do: 'notice' });
  leaderOf(world).active?.stay(world.nowMs);
  until(world, 'nothing stays held', () => leaderOf(world).active?.status().isInStep === true && !isAnyHeld(world));
  for (const flow of [...world.truth.live.keys()]) world.truth.end(flow);
  until(world, 'exceptions shrink to the live ones', () => unneededExceptions(world).length === 0);
}

function until(world: World, law: string, holds: () => boolean): void {
  for (let round = 0; round < ROUNDS && !holds(); round++) work(world);
  if (!holds()) throw new LawBroken(`in quiet, it is not so that ${law}`);
}

/** Neither node has anything left: whoever starts first begins anew. */
function loseAll(world: World): void {
  for (const node of world.nodes) {
    node.path.programs = [];
    node.forwardsUntilMs = -1;
  }
  leaderOf(world).forwardsUntilMs = world.nowMs;
  for (const flow of [...world.truth.live.keys()]) world.truth.end(flow);
}

/** A round of what goes on in a pair that works. */
function work(world: World): void {
  if (!leaderOf(world).active) {
    if (otherOf(world).receiver) perform(world, { do: 'takeover' });
    else {
      loseAll(world);
      perform(world, { do: 'restart' });
    }
  }
  if (!otherOf(world).receiver) perform(world, { do: 'return' });
  for (const { path } of world.nodes) while (path.programs.length > 0) perform(world, { do: 'program', pick: 0 });
  while (leaderOf(world).path.ring.length > 0) perform(world, { do: 'frame' });
  while (world.network.length > 0) perform(world, { do: 'deliver', pick: 0 });
  for (const what of ['walk', 'walk', 'walk', 'review', 'look'] as const) perform(world, { do: what });
  perform(world, { do: 'wait', ms: 20 });
}
