import type { Batch } from '../check/refused.ts';
import { type Forgery, forge } from '../fault/forgery.ts';
import { lieUnreachable, pretend, recordingsFor, type Way, waysTo } from '../fault/imposter.ts';
import type { Random } from '../fault/random.ts';
import { inTime } from './in-time.ts';
import type { Scene } from './scene.ts';

/** One lie for so many forgeries. */
const LIE_EVERY = 50;

/**
 * Sends so many forgeries by each way, at that rate by each. Gives how many may be counted under which reasons, by victim.
 */
export async function flood(
  scene: Scene,
  ways: readonly Way[],
  { count, perSecond, random }: { count: number; perSecond: number; random: Random },
): Promise<Record<string, Batch[]>> {
  const events = scene.recorder.events();
  const streams = ways.map((way) => ({ way, recordings: recordingsFor(scene, events, way) }));
  const made: { victim: string; forgery: Forgery }[] = [];
  const sendOne = (number: number): void => {
    for (const { way, recordings } of streams) {
      const forgery = forge(number, recordings, random);
      pretend(scene, way, forgery.payload);
      if (number % LIE_EVERY === 0) lieUnreachable(scene, way);
      made.push({ victim: way.victim.node, forgery });
    }
  };
  await inTime(count, perSecond, sendOne);
  const batches = Map.groupBy(made, ({ victim }) => victim);
  return Object.fromEntries(
    [...batches].map(([victim, each]) => [victim, batchesOf(each.map(({ forgery }) => forgery))]),
  );
}

function batchesOf(forgeries: readonly Forgery[]): Batch[] {
  const byReason = Map.groupBy(forgeries, ({ reasons }) => reasons.join());
  return [...byReason.values()].map((same) => ({ reasons: same[0]?.reasons ?? [], count: same.length }));
}

/** Adds up what several floods sent. */
export function together(...parts: Batch[][]): Batch[] {
  const byReason = Map.groupBy(parts.flat(), ({ reasons }) => reasons.join());
  return [...byReason.values()].map((same) => ({
    reasons: same[0]?.reasons ?? [],
    count: same.reduce((sum, { count }) => sum + count, 0),
  }));
}

/** Beats that were taken down on their way to a node. */
export interface Tape {
  way: Way;
  beats: readonly Uint8Array[];
}

/** The last so many beats to the victim on each subnet. */
export function tapesFor(scene: Scene, victim: string, last: number): Tape[] {
  const events = scene.recorder.events();
  return waysTo(scene, victim).map((way) => ({ way, beats: recordingsFor(scene, events, way).toVictim.slice(-last) }));
}

/** Sends so many of each tape, from its beginning, over and over, at that rate. Gives how many were sent in all. */
export async function resend(
  scene: Scene,
  tapes: readonly Tape[],
  { count, perSecond }: { count: number; perSecond: number },
): Promise<number> {
  await inTime(count, perSecond, (number) => {
    for (const { way, beats } of tapes) pretend(scene, way, beats[number % beats.length] ?? new Uint8Array());
  });
  return count * tapes.length;
}
