import { standing } from '../state.ts';
import type { Daemon } from './daemon.ts';
import { joins, opposite, PATHS, SIDES, type Side } from './network.ts';
import type { Node, World } from './world.ts';

/** Who waits until it is sure that a peer does better lets go within so long after that. */
const SLACK_MS = 60;
/** A daemon that was not seen to step for longer stood still, and did not see what it should have. */
const ATTENTIVE_MS = 40;

/**
 * How long a leader to which its kernel refuses the address has gone on leading, with nothing in the way of a fit peer that
 * stands by: beyond `poorHoldMs` it should have let go. To be asked at each of its steps.
 */
export function openDutyWatch(world: World): (side: Side, daemon: Daemon) => boolean {
  const sinceMs: (number | undefined)[] = [undefined, undefined];
  const steppedMs = [0, 0];
  return (side, daemon) => {
    const nowMs = world.agenda.nowMs();
    const attentive = nowMs - (steppedMs[side] ?? 0) <= ATTENTIVE_MS;
    steppedMs[side] = nowMs;
    const due = attentive && daemon.role.state.name === 'active' && shouldMakeWay(world, world.nodes[side]);
    sinceMs[side] = due ? (sinceMs[side] ?? nowMs) : undefined;
    return nowMs - (sinceMs[side] ?? nowMs) > daemon.at.settings.poorHoldMs + SLACK_MS;
  };
}

function shouldMakeWay({ network, nodes }: World, { side, addressRefusals, sickness }: Node): boolean {
  const peer = nodes[opposite(side)];
  const whole = PATHS.every((path) => {
    const wire = network.wires[path];
    return SIDES.every((from) => joins(wire, from)) && wire.disturbances.length === 0;
  });
  return addressRefusals > 0 && sickness === 0 && whole && isReady(peer);
}

function isReady({ daemon, host }: Node): boolean {
  if (!daemon || daemon.loop.isHalted() || host.isPaused()) return false;
  const { role, at } = daemon;
  return role.state.name === 'standby' && standing(role, role.tickedAtMs, at.settings).fitness === 'fit';
}
