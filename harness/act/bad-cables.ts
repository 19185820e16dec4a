import { impairedFrames } from '../check/impaired.ts';
import type { Impairment } from '../fault/impairment.ts';
import { type CableCounts, impairCable } from '../fault/relay.ts';
import type { Scene } from './scene.ts';

/**
 * Makes the cables of these legs of a node bad, in both directions, until they are repaired, at the end of the test at the latest; then the
 * history has what was done to frames, for `cableImpaired`.
 * @returns what repairs them
 */
export async function makeCablesBad(
  scene: Scene,
  node: string,
  legs: readonly string[],
  impairment: Impairment,
): Promise<() => Promise<void>> {
  const repairs: (() => Promise<void>)[] = [];
  for (const leg of legs) {
    const repair = await impairCable(scene, node, leg, { sent: impairment, received: impairment, seed: scene.seed });
    repairs.push(scene.defer(`the cable of ${leg} is good again`, async () => note(scene, node, leg, await repair())));
  }
  return async () => {
    for (const repair of repairs) await repair();
  };
}

const note = (scene: Scene, node: string, leg: string, { sent, received }: CableCounts) =>
  scene.recorder.record({
    kind: 'counted',
    atNs: scene.nowNs(),
    node,
    what: impairedFrames(leg),
    counts: { ...named('sent', sent), ...named('received', received) },
  });

const named = (direction: string, counts: CableCounts['sent']) =>
  Object.fromEntries(Object.entries(counts).map(([name, count]) => [`${direction} ${name}`, count]));
