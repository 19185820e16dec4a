import type { Batch } from '../check/refused.ts';
import { ahead } from '../fault/ahead.ts';
import { pretend, recordingsFor, waysTo } from '../fault/imposter.ts';
import type { Scene } from './scene.ts';

/** By each of its paths. Each would be news, and is ahead of the one before. */
const EACH_WAY = 20;
/** Two seconds of beats: whoever believes one of these gives up its lease. */
const AHEAD_BY = 100;

/**
 * Sends a node, in its peer's name, beats that are signed with a key that the pair has used before: all that is wrong with them is
 * the key. Gives for what they may be refused.
 */
export async function sendSignedWith(scene: Scene, victim: string, staleSecret: string): Promise<Batch[]> {
  const ways = waysTo(scene, victim);
  for (const way of ways) {
    const last = await scene.wait(`a beat comes to ${victim}`, (events) =>
      recordingsFor(scene, events, way).toVictim.at(-1),
    );
    for (let number = 1; number <= EACH_WAY; number++) pretend(scene, way, ahead(last, staleSecret, AHEAD_BY * number));
  }
  return [{ reasons: ['forged'], count: ways.length * EACH_WAY }];
}
