import type { FromActive, FromStandby } from '../records.ts';
import type { Action } from './action.ts';
import { IDLE_MS } from './data-path.ts';
import { beginProgram, endProgram } from './duties.ts';
import { leaderOf, otherOf, type World } from './state.ts';
import { FLOWS, type Packet } from './truth.ts';

/** Packets of clients, datagrams between the nodes, and time. */

const SLICE_MS = 10;

const pickFrom = <T>(list: readonly T[], pick: number): T | undefined => list[pick % Math.max(1, list.length)];

export function talk(world: World, action: Extract<Action, { isToOld: boolean }>): void {
  const flow = pickFrom(FLOWS, action.flow) ?? '';
  const [leader, old] = [leaderOf(world), otherOf(world)];
  const canOld = !world.moved.has(flow) && !old.active && world.nowMs <= old.forwardsUntilMs;
  const node = action.isToOld && canOld ? old : leader;
  if (node === leader) world.moved.add(flow);
  if (world.nowMs > node.forwardsUntilMs || isEnding(world, flow)) return;
  const packet: Packet | undefined =
    action.do === 'again' ? world.truth.again(flow, world.nowMs) : world.truth.next(flow, action.do === 'last');
  if (packet) beginProgram(node, world.around, packet, action.do === 'slow');
}

/** A client does not use ports again while a FIN from them is under way (TIME-WAIT, RFC 9293 section 3.6). */
const isEnding = ({ nodes, truth }: World, flow: string): boolean =>
  !truth.live.has(flow) &&
  nodes.some(({ path }) =>
    [...path.programs.map(({ packet }) => packet), ...path.frames.values()].some(
      (packet) => packet.flow === flow && packet.isLast,
    ),
  );

export function endPrograms({ nodes, around }: World): void {
  for (const node of nodes) while (node.path.programs.length > 0) endProgram(node, around, 0);
}

export function endAnyProgram(world: World, pick: number): void {
  const running = world.nodes.flatMap((node) => node.path.programs.map((_, index) => ({ node, index })));
  const chosen = pickFrom(running, pick);
  if (chosen) endProgram(chosen.node, world.around, chosen.index);
}

export function travel(world: World, { do: what, pick }: { do: 'deliver' | 'lose' | 'twice'; pick: number }): void {
  const datagram = pickFrom(world.network, pick);
  if (!datagram) return;
  if (what !== 'twice') world.network.splice(world.network.indexOf(datagram), 1);
  if (what !== 'lose') arrive(world, datagram);
}

function arrive(world: World, datagram: FromActive | FromStandby): void {
  for (const { active, receiver } of world.nodes)
    if (datagram.type === 'attach' || datagram.type === 'acknowledgement') active?.receive(datagram, world.nowMs);
    else reply(world, receiver?.receive(datagram));
  world.laws.received();
}

function reply({ around }: World, datagram: FromStandby | undefined): void {
  if (datagram) around.send(datagram);
}

/** Time passes: programs have ended by then, and the daemons do what they do now and then. */
export function wait(world: World, ms: number): void {
  endPrograms(world);
  world.laws.afterStep();
  const untilMs = world.nowMs + ms;
  while (world.nowMs < untilMs) {
    world.nowMs = Math.min(untilMs, world.nowMs + SLICE_MS);
    world.truth.forget(world.nowMs - IDLE_MS);
    const leader = leaderOf(world);
    leader.active?.tick(world.nowMs);
    if (leader.active) reply(world, otherOf(world).receiver?.tick(leader.reign));
    world.laws.timePassed(SLICE_MS);
  }
}
