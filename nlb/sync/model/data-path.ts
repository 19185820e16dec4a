import type { HeldPacket } from '../effects.ts';
import type { decideFirst, Seen } from '../first-packet.ts';
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
  decision: ReturnType<typeof decideFirst>;
  /** Of a slow one that has read the slot or the exception, and not the other: the rest of it, with which it decides. */
  readOn?: (() => void) | undefined;
}

/** The two tables that a program reads for a flow without an entry. */
export type Lookup = 'slot' | 'exception';

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

/** A program begins; a slow one reads the second of two tables later than the first. */
export function read(
  path: DataPath,
  packet: Packet,
  slot: SlotNumber,
  nowMs: number,
  { decide, order, isSlow }: { decide: typeof decideFirst; order: readonly Lookup[]; isSlow: boolean },
): void {
  const entry = entryOf(path, packet.flow, nowMs);
  const program: Program = { packet, slot, decision: entry ? { to: entry.server } : 'dropped' };
  path.programs.push(program);
  if (entry) return;
  const seen: Seen = { committed: undefined, isHeld: false, exception: undefined };
  const [first, ...others] = order;
  if (first) lookUp(path, program, first, seen);
  program.readOn = () => {
    for (const other of others) lookUp(path, program, other, seen);
    program.decision = decide(seen, (server) => path.gone.has(server));
    program.readOn = undefined;
  };
  if (!isSlow) program.readOn();
}

function lookUp(path: DataPath, { packet: { flow }, slot }: Program, what: Lookup, seen: Seen): void {
  if (what === 'slot') {
    const { server, isHeld } = path.slots.get(slot) ?? { server: undefined, isHeld: false };
    Object.assign(seen, { committed: server, isHeld });
    return;
  }
  const exception = path.exceptions.get(flow);
  seen.exception = exception && { server: exception.server, state: exception.isSettled ? 'settled' : 'adding' };
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
