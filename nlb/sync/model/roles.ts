import { isSame } from '../records.ts';
import { wipe } from './data-path.ts';
import { type Beginning, forgetWork, lead, standBy } from './leading.ts';
import { type Node, newNode, unexplained } from './node.ts';
import { leaderOf, otherOf, type World } from './state.ts';

/** Who leads, who stands by, and who dies. */

export function begin(world: World, how: Beginning): void {
  const leader = leaderOf(world);
  world.laws.begins(leader.rule);
  lead(leader, world.around, how);
}

export type Roles = 'kill' | 'powerLoss' | 'handover' | 'takeover' | 'return' | 'restart' | 'restartStandby';

export function changeRoles(world: World, what: Roles): void {
  const [leader, other] = [leaderOf(world), otherOf(world)];
  switch (what) {
    case 'kill':
    case 'powerLoss':
      die(world, leader, what === 'powerLoss');
      return;
    case 'handover':
      if (other.receiver && leader.active?.status().isInStep) leader.active.leave(world.nowMs);
      else leader.active?.stay(world.nowMs);
      if (leader.active?.hasLeft()) {
        die(world, leader, false);
        takeOver(world);
      }
      return;
    case 'takeover':
      if (!leader.active) takeOver(world);
      return;
    case 'restart':
      if (!leader.active && world.nowMs <= leader.forwardsUntilMs) begin(world, 'restart');
      return;
    case 'return':
      if (leader.active && !other.receiver && world.nowMs > other.forwardsUntilMs) standBy(other, world.around);
      return;
    case 'restartStandby':
      if (!other.receiver) return;
      world.wasInStep = false;
      other.rule = newNode().rule;
      standBy(other, world.around);
  }
}

/** The daemon ends; without power the whole node does. */
function die(world: World, node: Node, isWhole: boolean): void {
  if (!node.active) {
    if (isWhole) node.forwardsUntilMs = world.nowMs - 1;
    return;
  }
  world.wasInStep = isInStep(world);
  node.active = undefined;
  node.rule.exceptions = new Map(Array.from(node.path.exceptions, ([flow, { server }]) => [flow, server]));
  forgetWork(node);
  if (isWhole) {
    node.path.programs = [];
    wipe(node.path);
    node.rule = newNode().rule;
    node.forwardsUntilMs = world.nowMs - 1;
  }
}

/** The leader takes the other for in step, and that has not begun anew meanwhile. */
function isInStep(world: World): boolean {
  const status = leaderOf(world).active?.status();
  const session = otherOf(world).receiver?.session();
  return status?.isInStep === true && isSame(status.session, session);
}

/** The standby leads. What it cannot keep, because it was not in step, is lost, and nobody's promise. */
function takeOver(world: World): void {
  const [old, next] = [leaderOf(world), otherOf(world)];
  if (!next.receiver) return;
  next.rule = { selections: next.receiver.rule().selections, exceptions: next.receiver.rule().exceptions };
  world.laws.takesOver(next.rule, next, world.wasInStep);
  if (!world.wasInStep) for (const flow of unexplained(next.rule, next, world.truth)) world.truth.end(flow);
  old.forwardsUntilMs = Math.min(old.forwardsUntilMs, world.nowMs + world.machine.settings.settleMs / 2);
  if (!world.wasInStep) old.forwardsUntilMs = Math.min(old.forwardsUntilMs, world.nowMs - 1);
  world.leader = world.leader === 0 ? 1 : 0;
  world.moved.clear();
  begin(world, 'takeover');
}
