import { joins, opposite, PATHS, SIDES, type Side } from './network.ts';
import type { World } from './world.ts';

/** Whether what the other node sends comes to this one, which believes it and is awake to it. A lease that was left ends by itself. */
export function hears({ network, nodes }: World, side: Side): boolean {
  const [own, other] = [nodes[side], nodes[opposite(side)]];
  const isAwake = [own, other].every(
    ({ daemon, host }) => daemon && !daemon.loop.isHalted() && !daemon.hasInheritedLease() && !host.isPaused(),
  );
  const isBelieved = own.daemon?.talk.believes() === other.lives;
  const isOpen = PATHS.some(
    (path) => joins(network.wires[path], other.side) && network.wires[path].disturbances.length === 0,
  );
  return isAwake && isBelieved && isOpen;
}

/** Whoever is heard again knows it within so long: its next beat, and the one that acknowledges it. */
const ACKNOWLEDGED_WITHIN_MS = 25;

/**
 * For how long one of the two has heard the other without a break. That the other does not hear it, it finds by its own
 * clock: by as much as that has stood still since the other last heard it, it finds that later.
 */
export function openHearingWatch(world: World) {
  const sinceMs: (number | undefined)[] = [undefined, undefined];
  const [stoppedMs, behindMs] = [[...sinceMs], [0, 0]];
  const look = () => {
    const nowMs = world.agenda.nowMs();
    for (const side of SIDES) {
      const beganMs = stoppedMs[side];
      stoppedMs[side] = world.nodes[side].host.isTimeless() ? (beganMs ?? nowMs) : undefined;
      if (beganMs !== undefined && stoppedMs[side] === undefined)
        behindMs[side] = (behindMs[side] ?? 0) + nowMs - beganMs;
      if (nowMs - (sinceMs[opposite(side)] ?? nowMs) > ACKNOWLEDGED_WITHIN_MS) behindMs[side] = 0;
      sinceMs[side] = hears(world, side) ? (sinceMs[side] ?? nowMs) : undefined;
    }
  };
  return {
    look,
    /** Not counting what was before some instant. */
    forMs: (fromMs: number) => {
      look();
      const nowMs = world.agenda.nowMs();
      const heardMs = SIDES.map((side) => nowMs - Math.max(sinceMs[side] ?? nowMs, fromMs) - (behindMs[side] ?? 0));
      return Math.max(...heardMs);
    },
  };
}
