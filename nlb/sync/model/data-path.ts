import type { HeldPacket } from '../effects.ts';
import type { decideFirst } from '../first-packet.ts';
import type { FlowName, ServerName } from '../records.ts';
import type { SlotNumber } from '../rule.ts';
import { isUdp, type Packet } from './truth.ts';

/**
 * A node's data path. A program reads what there is, and later does what it has decided: between the two anything may happen,
 * but no other program of the same flow (a flow's packets are of one queue, and so of one processor).
 */
export interface DataPath {
  /** As the daemon has written them. */
  slots: Map<SlotNumber, { server: ServerName | undefined; isHeld: boolean }>;
  exceptions: Map<FlowName, { server: ServerName; isSettled: boolean }>;
  /** Each server's number; another one after it was gone, so that its old entries are of nobody. */
  numbers: Map<ServerName, number>;
  gone: Set<ServerName>;
  halfOpen: Map<FlowName, Entry>;
  connections: Map<FlowName, Entry>;
  programs: Program[];
  ring: HeldPacket[];
  /** Frames in user space, by number. */
  frames: Map<number, Packet>;
  framesBegun: number;
}

interface Entry {
  server: ServerName;
  number: number;
  seenMs: number;
  isFinished: boolean;
}

export interface Program {
  packet: Packet;
  slot: SlotNumber;
  decision: { to: ServerName } | 'held' | 'dropped';
}

export const IDLE_MS = 1000;
const FINISHED_MS = 200;

export const openDataPath = (): DataPath => ({
  slots: new Map(),
  exceptions: new Map(),
  numbers: new Map(),
  gone: new Set(),
  halfOpen: new Map(),
  connections: new Map(),
  programs: [],
  ring: [],
  frames: new Map(),
  framesBegun: 0,
});

export function wipe({ halfOpen, connections }: DataPath): void {
  halfOpen.clear();
  connections.clear();
}

/** The flow's entry, unless it has expired or its server is gone, or was gone since. */
export function entryOf(path: DataPath, flow: FlowName, nowMs: number): Entry | undefined {
  const entry = path.connections.get(flow) ?? path.halfOpen.get(flow);
  return entry && isCurrent(path, entry, nowMs) ? entry : undefined;
}

export function isCurrent({ gone, numbers }: DataPath, entry: Entry, nowMs: number): boolean {
  const expiresMs = entry.seenMs + (entry.isFinished ? FINISHED_MS : IDLE_MS);
  return nowMs <= expiresMs && !gone.has(entry.server) && entry.number === (numbers.get(entry.server) ?? 0);
}

/** A program begins. */
export function read(
  path: DataPath,
  packet: Packet,
  slot: SlotNumber,
  nowMs: number,
  decide: typeof decideFirst,
): void {
  const entry = entryOf(path, packet.flow, nowMs);
  const exception = path.exceptions.get(packet.flow);
  const { server: committed, isHeld } = path.slots.get(slot) ?? { server: undefined, isHeld: false };
  const state = exception?.isSettled ? 'settled' : 'adding';
  const seen = { committed, isHeld, exception: exception && ({ server: exception.server, state } as const) };
  const decision = entry ? { to: entry.server } : decide(seen, (server) => path.gone.has(server));
  path.programs.push({ packet, slot, decision });
}

/** It ends: the server to which the packet goes, if any. */
export function finish(path: DataPath, { packet, slot, decision }: Program, nowMs: number): ServerName | undefined {
  if (decision === 'dropped') return undefined;
  if (decision === 'held') {
    const id = path.framesBegun++;
    path.frames.set(id, packet);
    path.ring.push({ flow: packet.flow, slot, kind: packet.kind, id });
    return undefined;
  }
  return enter(path, packet, decision.to, nowMs);
}

/** Write down the packet's flow, unless it is: the server that has it then. */
export function enter(path: DataPath, packet: Packet, server: ServerName, nowMs: number): ServerName {
  const { flow, isLast } = packet;
  const known = entryOf(path, flow, nowMs);
  const begins = packet.kind === 'syn' || isUdp(flow);
  if (!known) {
    path.connections.delete(flow);
    const number = path.numbers.get(server) ?? 0;
    path.halfOpen.set(flow, { server, number, seenMs: nowMs, isFinished: isLast });
    return server;
  }
  known.seenMs = nowMs;
  known.isFinished = isLast || (known.isFinished && !begins);
  if (path.halfOpen.delete(flow)) path.connections.set(flow, known);
  return known.server;
}
