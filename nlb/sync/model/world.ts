import { type FromActive, type FromStandby, isSame } from '../records.ts';
import { entryOf, IDLE_MS, wipe } from './data-path.ts';
import { type Laws, openLaws } from './laws.ts';
import {
  type Around,
  type Beginning,
  beginProgram,
  endProgram,
  forgetWork,
  lead,
  learnServers,
  lookAgain,
  type Node,
  newNode,
  passBarriers,
  readFrame,
  review,
  standBy,
  unexplained,
  walkOn,
  wish,
} from './node.ts';
import type { Machine } from './surroundings.ts';
import { FLOWS, openTruth, type Packet, SERVERS, type Truth } from './truth.ts';

/** Two nodes, what is under way between them, clients and servers. One step at a time, in whatever order the history says. */
export interface World {
  nodes: readonly [Node, Node];
  truth: Truth;
  laws: Laws;
  /** Datagrams that may still arrive, in any order, once or more, or never. */
  network: (FromActive | FromStandby)[];
  nowMs: number;
  /** Which of the two leads, or led last, or is about to. */
  leader: 0 | 1;
  machine: Machine;
  around: Around;
  /** Since the last leader's daemon has ended: whether the other was in step. */
  wasInStep: boolean;
}

/** So many datagrams are under way at once; the oldest ones are lost. */
const UNDER_WAY = 24;
const SLICE_MS = 10;

export function openWorld(machine: Machine): World {
  const truth = openTruth();
  let numbers = 0;
  const network: World['network'] = [];
  const send = (datagram: FromActive | FromStandby): void => {
    if (network.push(datagram) > UNDER_WAY) network.shift();
  };
  const nodes = [newNode(), newNode()] as const;
  const world = { nodes, truth, network, nowMs: 0, leader: 0, machine, wasInStep: false } as unknown as World;
  world.laws = openLaws(world);
  world.around = {
    machine: { ...machine, openActive: (options) => machine.openActive({ ...options, logged: world.laws.logged }) },
    truth,
    nowMs: () => world.nowMs,
    newNumber: () => ++numbers,
    send,
    releases: world.laws.releases,
    reads: world.laws.reads,
  };
  begin(world, 'first');
  standBy(nodes[1], world.around);
  return world;
}

function begin(world: World, how: Beginning): void {
  const leader = leaderOf(world);
  world.laws.begins(leader.rule);
  lead(leader, world.around, how);
}

export const leaderOf = ({ nodes, leader }: World): Node => nodes[leader];
export const otherOf = ({ nodes, leader }: World): Node => nodes[leader === 0 ? 1 : 0];
const pickFrom = <T>(list: readonly T[], pick: number): T | undefined => list[pick % Math.max(1, list.length)];

/** What a history is made of; `pick` chooses among whatever there is. */
export type Action =
  | { do: 'talk' | 'last' | 'again'; flow: number; isToOld: boolean }
  | { do: 'program'; pick: number }
  | { do: 'deliver' | 'lose' | 'twice'; pick: number }
  | { do: 'frame' | 'walk' | 'review' | 'look' | 'notice' | 'noticeOther' | 'kill' | 'powerLoss' | 'handover' }
  | { do: 'takeover' | 'return' | 'restart' | 'restartStandby' }
  | { do: 'wish'; slot: number; server: number }
  | { do: 'die' | 'revive'; server: number }
  | { do: 'wait'; ms: number };

export function perform(world: World, action: Action): void {
  carry(world, action);
  world.laws.afterStep();
  for (const node of world.nodes) passBarriers(node, world.around);
  world.laws.afterStep();
}

function carry(world: World, action: Action): void {
  const { around, truth } = world;
  const leader = leaderOf(world);
  switch (action.do) {
    case 'talk':
    case 'last':
    case 'again':
      talk(world, action);
      return;
    case 'program':
      endOneProgram(world, action.pick);
      return;
    case 'frame':
      if (leader.active) readFrame(leader, around);
      return;
    case 'walk':
      walkOn(leader, around);
      return;
    case 'review':
      review(leader, around);
      return;
    case 'look':
      lookAgain(leader, around);
      return;
    case 'notice':
      learnServers(leader, around);
      return;
    case 'noticeOther':
      learnServers(otherOf(world), around);
      return;
    case 'wish':
      wish(leader, around, action.slot, SERVERS[action.server % SERVERS.length] ?? '');
      return;
    case 'die':
      truth.die(SERVERS[action.server % SERVERS.length] ?? '');
      return;
    case 'revive':
      // A server is away for longer than programs run, or an old active forwards.
      endPrograms(world);
      if (!isForwardingDead(world)) truth.dead.delete(SERVERS[action.server % SERVERS.length] ?? '');
      return;
    case 'wait':
      wait(world, action.ms);
      return;
    case 'deliver':
    case 'lose':
    case 'twice':
      travel(world, action);
      return;
    default:
      changeRoles(world, action.do);
  }
}

const isForwardingDead = ({ nodes, nowMs }: World): boolean =>
  nodes.some(({ active, forwardsUntilMs }) => !active && nowMs <= forwardsUntilMs);

function talk(world: World, action: Extract<Action, { isToOld: boolean }>): void {
  const flow = pickFrom(FLOWS, action.flow) ?? '';
  const [leader, old] = [leaderOf(world), otherOf(world)];
  const canOld = !old.active && world.nowMs <= old.forwardsUntilMs;
  const node = action.isToOld && canOld ? old : leader;
  if (world.nowMs > node.forwardsUntilMs || isEnding(world, flow)) return;
  const packet: Packet | undefined =
    action.do === 'again' ? world.truth.again(flow, world.nowMs) : world.truth.next(flow, action.do === 'last');
  if (packet) beginProgram(node, world.around, packet);
}

/** A client does not use ports again while a FIN from them is under way (TIME-WAIT, RFC 9293 section 3.6). */
const isEnding = ({ nodes, truth }: World, flow: string): boolean =>
  !truth.live.has(flow) &&
  nodes.some(({ path }) =>
    [...path.programs.map(({ packet }) => packet), ...path.frames.values()].some(
      (packet) => packet.flow === flow && packet.isLast,
    ),
  );

function endPrograms({ nodes, around }: World): void {
  for (const node of nodes) while (node.path.programs.length > 0) endProgram(node, around, 0);
}

function endOneProgram(world: World, pick: number): void {
  const running = world.nodes.flatMap((node) => node.path.programs.map((_, index) => ({ node, index })));
  const chosen = pickFrom(running, pick);
  if (chosen) endProgram(chosen.node, world.around, chosen.index);
}

function travel(world: World, { do: what, pick }: { do: 'deliver' | 'lose' | 'twice'; pick: number }): void {
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
function wait(world: World, ms: number): void {
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

type Roles = 'kill' | 'powerLoss' | 'handover' | 'takeover' | 'return' | 'restart' | 'restartStandby';

function changeRoles(world: World, what: Roles): void {
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
  if (!world.wasInStep) for (const flow of unexplained(next.rule, next, world.truth)) world.truth.live.delete(flow);
  old.forwardsUntilMs = Math.min(old.forwardsUntilMs, world.nowMs + world.machine.settings.settleMs / 2);
  if (!world.wasInStep) old.forwardsUntilMs = Math.min(old.forwardsUntilMs, world.nowMs - 1);
  world.leader = world.leader === 0 ? 1 : 0;
  begin(world, 'takeover');
}

/** Entries that count, of the leader's data path. */
export function entriesOf(world: World): { flow: string; server: string }[] {
  const { path } = leaderOf(world);
  return FLOWS.flatMap((flow) => {
    const entry = entryOf(path, flow, world.nowMs);
    return entry ? [{ flow, server: entry.server }] : [];
  });
}
