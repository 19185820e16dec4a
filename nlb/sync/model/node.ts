import type { Active } from '../active.ts';
import type { Effect, HeldPacket } from '../effects.ts';
import type { Receiver } from '../receiver.ts';
import type { FlowName, FromActive, FromStandby, ServerName } from '../records.ts';
import { answer, emptyRule, type Rule, type Selections, type SlotNumber } from '../rule.ts';
import {
  type DataPath,
  enter,
  entryOf,
  finish,
  isCurrent,
  openDataPath,
  type Program,
  read,
  wipe,
} from './data-path.ts';
import { type Machine, POOLS, poolSlotOf, SLOTS } from './surroundings.ts';
import { FLOWS, type Packet, SERVERS, type Truth } from './truth.ts';

/** A node: its data path, which outlives its daemon, and the daemon that leads or stands by. */
export interface Node {
  path: DataPath;
  active?: Active | undefined;
  receiver?: Receiver | undefined;
  /** What it answered by when its daemon last ran. */
  rule: Rule;
  reign: number;
  /** Until when its data path forwards. */
  forwardsUntilMs: number;
  /** Programs and frames that barriers wait for. */
  barriers: { id: number; programs: Set<Program>; frames: Set<HeldPacket> }[];
  walk?: { change: number; slots: ReadonlySet<SlotNumber>; left: Machine['walk'] } | undefined;
  looks: (readonly FlowName[])[];
  /** Since when each frame has been held. */
  heldMs: Map<number, number>;
  /** What the control plane wishes of each slot. */
  desired: Map<SlotNumber, ServerName | undefined>;
}

export interface Around {
  machine: Machine;
  truth: Truth;
  nowMs(): number;
  newNumber(): number;
  send(datagram: FromActive | FromStandby): void;
  /** A held packet is about to be sent. */
  releases(node: Node, packet: HeldPacket, server: ServerName): void;
  /** A packet without an entry is about to be decided about. */
  reads(node: Node, program: Program): void;
}

export function newNode(): Node {
  return {
    path: openDataPath(),
    rule: configured(),
    reign: 0,
    forwardsUntilMs: -1,
    barriers: [],
    looks: [],
    heldMs: new Map(),
    desired: new Map(),
  };
}

/** What both nodes make of their configuration, before they have heard of each other. */
function configured(): Rule {
  const rule = emptyRule(SLOTS);
  for (const slot of slotsOf(rule.selections)) rule.selections.put(slot, SERVERS[slot % SERVERS.length]);
  return rule;
}

export const slotsOf = (selections: Selections): SlotNumber[] => [
  selections.slotOf(POOLS[0], 0),
  selections.slotOf(POOLS[0], 1),
  selections.slotOf(POOLS[1], 0),
];

function slotAt(node: Node, flow: FlowName): SlotNumber {
  const { pool, slot } = poolSlotOf(flow);
  return node.rule.selections.slotOf(pool, slot);
}

/** Before there was any connection; as a standby; or where an earlier daemon of the node led. */
export type Beginning = 'first' | 'takeover' | 'restart';

/** Its daemon leads from now on, by what it has. */
export function lead(node: Node, around: Around, how: Beginning): void {
  const { machine, nowMs } = around;
  const rule: Rule = { selections: node.rule.selections, exceptions: new Map(node.rule.exceptions) };
  forgetWork(node);
  node.receiver = undefined;
  node.reign = around.newNumber();
  node.forwardsUntilMs = Number.POSITIVE_INFINITY;
  node.path.slots = new Map(
    slotsOf(rule.selections).map((slot) => [slot, { server: rule.selections.serverAt(slot), isHeld: false }]),
  );
  node.path.exceptions = new Map(Array.from(rule.exceptions, ([flow, server]) => [flow, { server, isSettled: true }]));
  node.desired = new Map(slotsOf(rule.selections).map((slot) => [slot, rule.selections.serverAt(slot)]));
  if (how === 'takeover' && machine.forgetsGone) node.path.gone.clear();
  node.active = machine.openActive({
    reign: node.reign,
    rule,
    settings: machine.settings,
    slotOf: (flow) => slotAt(node, flow),
    gone: node.path.gone,
    startsInGrace: how !== 'first',
    nowMs: nowMs(),
    emit: (effect) => execute(node, around, effect),
  });
  replaceGone(node, around);
}

export function forgetWork(node: Node): void {
  node.barriers = [];
  node.looks = [];
  node.walk = undefined;
  node.heldMs.clear();
  node.path.ring = [];
  node.path.frames.clear();
}

export function standBy(node: Node, around: Around): void {
  const { machine } = around;
  forgetWork(node);
  node.active = undefined;
  node.path.programs = [];
  if (machine.wipesOnJoining) wipe(node.path);
  node.receiver = machine.openReceiver(node.rule, SLOTS, around.newNumber);
}

function execute(node: Node, around: Around, effect: Effect): void {
  const { path } = node;
  switch (effect.type) {
    case 'send':
      around.send(effect.datagram);
      return;
    case 'writeSlot':
      path.slots.set(effect.slot, { server: effect.server, isHeld: effect.isHeld });
      return;
    case 'writeException':
      if (effect.exception) path.exceptions.set(effect.flow, effect.exception);
      else path.exceptions.delete(effect.flow);
      return;
    case 'barrier':
      node.barriers.push({ id: effect.id, programs: new Set(path.programs), frames: new Set(path.ring) });
      return;
    case 'walk':
      node.walk = { change: effect.change, slots: effect.slots, left: around.machine.walk };
      return;
    case 'lookAgain':
      node.looks.push(effect.flows);
      return;
    case 'hold':
      node.heldMs.set(effect.packet.id, around.nowMs());
      return;
    case 'forward':
      forward(node, around, effect.packet, effect.server);
      return;
    case 'drop':
      node.heldMs.delete(effect.packet.id);
      path.frames.delete(effect.packet.id);
  }
}

function forward(node: Node, around: Around, held: HeldPacket, server: ServerName): void {
  const packet = node.path.frames.get(held.id);
  if (!packet) return;
  node.heldMs.delete(held.id);
  node.path.frames.delete(held.id);
  around.releases(node, held, server);
  if (node.path.gone.has(server)) return;
  around.truth.arrives(packet, enter(node.path, packet, server, around.nowMs()), around.nowMs());
}

/** A packet comes: its program begins, unless another one of its flow runs. */
export function beginProgram(node: Node, around: Around, packet: Packet): void {
  const { path } = node;
  if (path.programs.some((program) => program.packet.flow === packet.flow)) return;
  const isKnown = entryOf(path, packet.flow, around.nowMs()) !== undefined;
  read(path, packet, slotAt(node, packet.flow), around.nowMs(), around.machine.decideFirst);
  const program = path.programs.at(-1);
  if (program && !isKnown) around.reads(node, program);
}

/** A program ends. */
export function endProgram(node: Node, around: Around, pick: number): void {
  const { path } = node;
  const [program] = path.programs.splice(pick % Math.max(1, path.programs.length), 1);
  if (!program || around.nowMs() > node.forwardsUntilMs) return;
  const ringed = path.ring.length;
  const server = finish(path, program, around.nowMs());
  const frame = path.ring[ringed];
  for (const barrier of node.barriers) if (barrier.programs.delete(program) && frame) barrier.frames.add(frame);
  if (server !== undefined) around.truth.arrives(program.packet, server, around.nowMs());
}

/** The daemon takes the next frame from the ring. */
export function readFrame(node: Node, around: Around): void {
  const frame = node.path.ring.shift();
  if (!frame) return;
  node.active?.firstPacket(frame, around.nowMs());
  for (const { frames } of node.barriers) frames.delete(frame);
}

/** Barriers that no program and no frame keeps. */
export function passBarriers(node: Node, around: Around): void {
  const awaited = around.machine.barrierWaitsFor;
  for (;;) {
    const passed = node.barriers.findIndex((barrier) => awaited.every((what) => barrier[what].size === 0));
    if (passed < 0) return;
    const [barrier] = node.barriers.splice(passed, 1);
    if (barrier) node.active?.barrierPassed(barrier.id, around.nowMs());
  }
}

/** The walk goes through one table more, or ends. */
export function walkOn(node: Node, around: Around): void {
  const { walk, path, active } = node;
  if (!walk) return;
  const [table, ...left] = walk.left;
  if (table === undefined) {
    node.walk = undefined;
    active?.walked(walk.change, around.nowMs());
    return;
  }
  walk.left = left;
  for (const [flow, entry] of [...path[table]])
    if (isCurrent(path, entry, around.nowMs()) && walk.slots.has(slotAt(node, flow)))
      active?.found(walk.change, flow, entry.server, around.nowMs());
}

export function review(node: Node, around: Around): void {
  node.active?.reviewExceptions((flow) => entryOf(node.path, flow, around.nowMs()) !== undefined, around.nowMs());
}

export function lookAgain(node: Node, around: Around): void {
  const flows = node.looks.shift();
  if (flows)
    node.active?.lookedAgain(flows, (flow) => entryOf(node.path, flow, around.nowMs()) !== undefined, around.nowMs());
}

/** The daemon learns what has become of the servers. One that is back gets another number first. */
export function learnServers(node: Node, around: Around): void {
  const { path, active } = node;
  if (!active && !node.receiver) return;
  for (const server of SERVERS) {
    const isGone = around.truth.dead.has(server);
    if (isGone === path.gone.has(server)) continue;
    if (isGone) path.gone.add(server);
    else path.gone.delete(server);
    if (!isGone && around.machine.renumbers) path.numbers.set(server, (path.numbers.get(server) ?? 0) + 1);
    active?.serverChanged(server, isGone, around.nowMs());
  }
  replaceGone(node, around);
}

/** Whatever is wished of a server that is gone is wished of another. */
function replaceGone(node: Node, around: Around): void {
  const there = SERVERS.filter((server) => !node.path.gone.has(server));
  for (const [slot, server] of node.desired)
    if (server === undefined || node.path.gone.has(server))
      node.desired.set(slot, there[slot % Math.max(1, there.length)]);
  node.active?.wish(node.desired, around.nowMs());
}

export function wish(node: Node, around: Around, slot: number, server: ServerName): void {
  if (!node.active || node.path.gone.has(server)) return;
  const slots = slotsOf(node.rule.selections);
  node.desired.set(slots[slot % slots.length] ?? 0, server);
  node.active.wish(node.desired, around.nowMs());
}

/** Live flows that this rule does not explain. */
export const unexplained = (rule: Rule, node: Node, truth: Truth): FlowName[] =>
  FLOWS.filter((flow) => {
    const connection = truth.live.get(flow);
    return connection && connection.server !== answer(rule, flow, slotAt(node, flow));
  });
