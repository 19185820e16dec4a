import { joins, opposite, PATHS, SIDES, type Side } from './network.ts';
import type { World } from './world.ts';

/** Whether what the other node sends comes to this one, which believes it and is awake to it. A lease that was left ends by itself. */
export function hears({ network, nodes }: World, side: Side): boolean {
  const [own, other] = [nodes[side], nodes[opposite(side)]];
  const isAwake = [own, other].every(
    ({ daemon, host }) => daemon && !daemon.loop.isHalted() && !daemon.hasInheritedLease() && !host.isPaused(),
  );
  const isBelieved = own.daemon?.talk.believes() === other.lives;
  return isAwake && isBelieved && isReached(network, side);
}

/** Whether what the other node sends comes to this one, awake or not. */
const isReached = ({ wires }: World['network'], side: Side): boolean =>
  PATHS.some((path) => joins(wires[path], opposite(side)) && wires[path].disturbances.length === 0);

/** Whoever is heard again knows it within so long: its next beat, and the one that acknowledges it. */
const ACKNOWLEDGED_WITHIN_MS = 25;

/**
 * For how long one of the two has heard the other without a break, and could know whether that hears it: a beat that does not come
 * is missed after the dead time. That the other does not hear it, it finds by its own clock: by as much as that has stood still since
 * the other last heard it, it finds that later.
 */
export function openHearingWatch(world: World) {
  const sinceMs: (number | undefined)[] = [undefined, undefined];
  const [stoppedMs, unreachedMs, behindMs] = [[...sinceMs], [...sinceMs], [0, 0]];
  /** Until when a node could not know that what it says no longer comes to the other: not before the dead time, nor once it does again. */
  const unknownUntilMs = [-Infinity, -Infinity];
  const look = () => {
    const nowMs = world.agenda.nowMs();
    for (const side of SIDES) {
      const beganMs = stoppedMs[side];
      stoppedMs[side] = world.nodes[side].host.isTimeless() ? (beganMs ?? nowMs) : undefined;
      if (beganMs !== undefined && stoppedMs[side] === undefined)
        behindMs[side] = (behindMs[side] ?? 0) + nowMs - beganMs;
      if (nowMs - (sinceMs[opposite(side)] ?? nowMs) > ACKNOWLEDGED_WITHIN_MS) behindMs[side] = 0;
      unreachedMs[side] = isReached(world.network, side) ? undefined : (unreachedMs[side] ?? nowMs);
      const goneMs = unreachedMs[side];
      const { side: sender, settings } = world.nodes[opposite(side)];
      if (goneMs !== undefined) unknownUntilMs[sender] = Math.min(nowMs, goneMs + settings.deadAfterMs);
      sinceMs[side] = hears(world, side) ? (sinceMs[side] ?? nowMs) : undefined;
    }
  };
  return {
    look,
    /** Not counting what was before some instant. */
    forMs: (fromMs: number) => {
      look();
      const nowMs = world.agenda.nowMs();
      const heardMs = SIDES.map((side) => {
        const knownMs = Math.max(sinceMs[side] ?? nowMs, fromMs, unknownUntilMs[side] ?? fromMs);
        return nowMs - knownMs - (behindMs[side] ?? 0);
      });
      return Math.max(...heardMs);
    },
  };
}
