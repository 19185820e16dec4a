import type { FlowName, ServerName } from '../records.ts';
import { entryOf, finish, isCurrent, read } from './data-path.ts';
import { type Around, type Node, slotAt, slotsOf } from './node.ts';
import { type Packet, SERVERS } from './truth.ts';

/** What goes on in a node: its programs, and what its daemon does besides. */

/** A packet comes: its program begins, unless another one of its flow runs. */
export function beginProgram(node: Node, around: Around, packet: Packet, isSlow: boolean): void {
  const { path } = node;
  if (path.programs.some((program) => program.packet.flow === packet.flow)) return;
  const isKnown = entryOf(path, packet.flow, around.nowMs()) !== undefined;
  const { decideFirst: decide, lookupOrder: order } = around.machine;
  read(path, packet, slotAt(node, packet.flow), around.nowMs(), { decide, order, isSlow });
  const program = path.programs.at(-1);
  if (program && !isKnown && !isSlow) around.reads(node, program);
}

/** A program ends, or a slow one goes on. */
export function endProgram(node: Node, around: Around, pick: number): void {
  const { path } = node;
  const at = pick % Math.max(1, path.programs.length);
  if (path.programs[at]?.readOn) {
    path.programs[at].readOn();
    return;
  }
  const [program] = path.programs.splice(at, 1);
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
  if (!walk || walk.isPaused) return;
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
  walk.isPaused = true;
  active?.walkedSoFar(walk.change, around.nowMs());
}

export function review(node: Node, around: Around): void {
  node.active?.reviewExceptions((flow) => hasEntry(node, around, flow), around.nowMs());
}

export function lookAgain(node: Node, around: Around): void {
  const look = node.looks.shift();
  if (look) node.active?.lookedAgain(look.review, look.flows, (flow) => hasEntry(node, around, flow), around.nowMs());
}

const hasEntry = ({ path }: Node, { nowMs }: Around, flow: FlowName): boolean =>
  entryOf(path, flow, nowMs()) !== undefined;

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
export function replaceGone(node: Node, around: Around): void {
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
