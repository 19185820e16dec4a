import { setTimeout as pause } from 'node:timers/promises';

/** How many labs may run at once: so many always, and further ones while the machine is not busy. */
export interface Lanes {
  always: number;
  /** At most so many in all. */
  most: number;
}

/** Whether those that run now leave room for one more. Takes some seconds to find out. */
type HasRoom = () => Promise<boolean>;

/**
 * Takes the groups in order, as many at a time as there are lanes for; the results come in the order of the groups.
 * @param begun settles when the first labs are at work, so that what room they leave can be seen
 */
export async function inLanes<G, T>(
  groups: readonly G[],
  { always, most }: Lanes,
  work: (group: G) => Promise<T>,
  hasRoom: HasRoom,
  begun: () => Promise<unknown> = () => pause(BEGUN_MS),
): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const lane = async (_: unknown, number: number): Promise<void> => {
    if (number >= always) await begun();
    while (next < groups.length) {
      if (number >= always && !(await hasRoom())) continue;
      const index = next++;
      const group = groups[index];
      if (group !== undefined) results[index] = await work(group);
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, groups.length) }, lane));
  return results;
}

/**
 * Those that are to be alone one after the other, and then all others, as many at a time as there are lanes for; the results come in
 * the order of the groups.
 */
export async function aloneFirst<G, T>(
  groups: readonly G[],
  isAlone: (group: G) => boolean,
  lanes: Lanes,
  work: (group: G) => Promise<T>,
  hasRoom: HasRoom,
): Promise<T[]> {
  const { alone = [], together = [] } = Object.groupBy(groups, (group) => (isAlone(group) ? 'alone' : 'together'));
  const results = new Map<G, T>();
  const keep = async (group: G) => void results.set(group, await work(group));
  await inLanes(alone, { always: 1, most: 1 }, keep, hasRoom);
  await inLanes(together, lanes, keep, hasRoom);
  return groups.flatMap((group) => (results.has(group) ? [results.get(group) as T] : []));
}

/** The first labs have been made by then, and have something to do. */
const BEGUN_MS = 10_000;
const LOOK_MS = 10_000;
/**
 * Of the time, the share in which somebody waits for a processor. One lab at rest takes 0.12 of it on two slow cores. Where a third finds no
 * room, loads fall behind, waits see more and more frames, and three take several times as long as one after the other.
 */
const BUSY_SHARE = 0.15;

/** @param waitedUs for how many microseconds somebody has waited for a processor so far; undefined where nobody can say */
export function roomBy(waitedUs: () => number | undefined, lookMs: number = LOOK_MS): HasRoom {
  return async () => {
    const before = waitedUs();
    if (before === undefined) return true;
    const beganMs = performance.now();
    await pause(lookMs);
    const waitedMs = ((waitedUs() ?? before) - before) / 1000;
    return waitedMs / (performance.now() - beganMs) < BUSY_SHARE;
  };
}
