import { bytesToQuad } from '../../kernel/inet.ts';
import { CONSTANTS, STRUCTS } from '../program/layout.ts';
import { type Address, wordOf } from '../specification/address.ts';
import type { ConnectionState } from '../specification/connection.ts';
import type { Flow } from '../specification/flow.ts';
import { type ConnectionNumbers, noNumbers, readNumbers } from './connection-numbers.ts';
import type { KnownConnection, ServiceNames } from './entries.ts';
import type { FlowRegion } from './flow-table-sizes.ts';

/**
 * A table of flows in the kernel (flow-table.bpf.h) as memory, while the data path goes on using it. Rows are numbered group by group.
 */
export interface FlowRows {
  /** How many groups there are. */
  readonly groups: number;
  /** The rows of so many groups that are not free, from a group on. */
  used(group: number, groups: number): number[];
  /** What expiry needs of a row; undefined if it is free, locked by another thread, or just being taken: then its server is not there yet. */
  look(row: number): RowSummary | undefined;
  /** The whole row. */
  read(row: number, services: ServiceNames): KnownConnection | undefined;
  /** The connections of so many groups, from a group on. `visit` gets the same object again and again. */
  scan(group: number, groups: number, visit: (connection: Readonly<ConnectionNumbers>) => void): void;
  /** The number of the flow's row; undefined if it has none. */
  find(flow: Flow): number | undefined;
  /** Free a row. False if the data path has changed more of it since look() than when its flow was last seen. */
  free(row: number, last: bigint): boolean;
  /** Mark the free rows of a row's group that no flow of the group is behind as never used, so that lookups end there. */
  tidy(row: number): void;
  /** Empty the table. Only while no packet comes in. */
  clear(): void;
}

export interface RowSummary {
  /** The row's last word, which free() compares. */
  last: bigint;
  seenNs: number;
  /** The data path's number of it. */
  state: number;
  /** Id. */
  server: number;
  /** The data path's number of it. */
  service: number;
}

const { flowRow: ROW, binding: BINDING, flowIdentity: IDENTITY } = STRUCTS;
const { GROUP_ROWS, LINE_ROWS } = CONSTANTS;
const STATES: ConnectionState[] = ['unproven', 'reset', 'established', 'finished', 'datagrams'];

/** In words of 32 bits. */
const ROW_WORDS = ROW.size / 4;
const AT = { seen: ROW.seenNs / 4, binding: ROW.binding / 4, identity: ROW.identity / 4 };
/** In the second half of a row's last word. */
const [STATE_SHIFT, LINE_SHIFT] = [8 * (IDENTITY.state - 4), 8 * (IDENTITY.line - 4)];
const HIGH = 2 ** 32;
const LOCKED = 0xffff_ffff_ffff_ffffn;
/** Both halves of it, as a signed number. */
const LOCKED_HALF = -1;

/** Rows of a group: of proven connections, and of half-open ones. */
export const PROVEN_ROWS = GROUP_ROWS;
export const HALF_OPEN_ROWS = LINE_ROWS;

/**
 * One table in the memory of the array of flows. Its rows are numbered one after the other.
 * @param perGroup rows of each group
 * @param seed of the hash of all tables
 */
export function flowRows(memory: ArrayBuffer, { first, groups }: FlowRegion, perGroup: number, seed: bigint): FlowRows {
  const [start, length] = [first * GROUP_ROWS * ROW.size, groups * perGroup * ROW.size];
  const words = new Uint32Array(memory, start, length / 4);
  const doubles = new BigUint64Array(memory, start, length / 8);
  const bytes = Buffer.from(memory, start, length);
  const numbers = noNumbers();
  const word = (row: number, at: number): number => words[row * ROW_WORDS + at] ?? 0;
  const double = (row: number, offset: number): bigint => doubles[(row * ROW.size + offset) / 8] ?? 0n;
  const exchangeLast = (row: number, before: bigint, after: bigint): boolean =>
    Atomics.compareExchange(doubles, (row * ROW.size + ROW.identity) / 8, before, after) === before;
  const isFree = (row: number): boolean => word(row, AT.identity) === 0 && word(row, AT.identity + 1) === 0;
  const wasUsed = (row: number): boolean => word(row, AT.binding) !== 0 || word(row, AT.binding + 1) !== 0;
  const keyAt = (row: number): FlowKey => {
    const ports = double(row, ROW.identity) & PORTS_AND_PROTOCOL;
    const mixed = double(row, ROW.addresses) ^ double(row, ROW.binding);
    return { addresses: mixed ^ spread(ports), ports };
  };
  const lowestBeside = (row: number): number => row - (row % perGroup);
  /** Number in its group of the row that the search for that row's flow begins with. */
  const startFor = (row: number): number => startOf((word(row, AT.identity + 1) >>> LINE_SHIFT) & 0xff, perGroup);
  /** Whether the search for a flow of the group goes over that row. */
  const isPassed = (row: number): boolean => {
    const lowest = lowestBeside(row);
    for (let other = lowest; other < lowest + perGroup; other++) {
      if (isFree(other)) continue;
      const start = startFor(other);
      const stepsTo = (to: number): number => (to - lowest - start + perGroup) % perGroup;
      if (stepsTo(row) < stepsTo(other)) return true;
    }
    return false;
  };
  /** Looked at while it is locked, when nothing enters behind it. */
  const makeUnused = (row: number): void => {
    if (!exchangeLast(row, 0n, LOCKED)) return;
    if (!isPassed(row)) doubles[(row * ROW.size + ROW.binding) / 8] = 0n;
    exchangeLast(row, LOCKED, 0n);
  };
  return {
    groups,
    used: (group, some) => {
      const found: number[] = [];
      const end = Math.min(group + some, groups) * perGroup;
      for (let row = group * perGroup; row < end; row++) if (!isFree(row)) found.push(row);
      return found;
    },
    look: (row) => {
      const [low, high] = [word(row, AT.identity), word(row, AT.identity + 1)];
      if ((low === 0 && high === 0) || (low & high) === LOCKED_HALF) return undefined;
      const [binding, serverAddress] = [word(row, AT.binding), word(row, AT.binding + 1)];
      if (serverAddress === 0) return undefined;
      return {
        last: BigInt(low) + (BigInt(high) << 32n),
        seenNs: word(row, AT.seen) + HIGH * word(row, AT.seen + 1),
        state: (high >>> STATE_SHIFT) & 0xff,
        server: binding & 0xffff,
        service: binding >>> 16,
      };
    },
    read: (row, services) => {
      const key = keyAt(row);
      if (key.ports === 0n) return undefined;
      const at = row * ROW.size;
      return {
        flow: flowOf(key),
        connection: {
          seenNs: double(row, ROW.seenNs),
          server: bytes.readUInt16LE(at + ROW.binding + BINDING.server),
          serverAddress: bytesToQuad(bytes.subarray(at + ROW.binding + BINDING.serverAddress)) as Address,
          service: services.get(bytes.readUInt16LE(at + ROW.binding + BINDING.service)) ?? 'unknown',
          state: STATES[bytes.readUInt8(at + ROW.identity + IDENTITY.state)] ?? 'unproven',
        },
      };
    },
    scan: (group, some, visit) => {
      const end = Math.min(group + some, groups) * perGroup;
      for (let row = group * perGroup; row < end; row++) if (readNumbers(words, row, numbers)) visit(numbers);
    },
    find: (flow) => {
      const wanted = keyOf(flow);
      const is = ({ addresses, ports }: FlowKey) => addresses === wanted.addresses && ports === wanted.ports;
      const lowest = groupOf(wanted, groups, seed) * perGroup;
      return Array.from({ length: perGroup }, (_, at) => lowest + at).find((row) => is(keyAt(row)));
    },
    free: (row, last) => exchangeLast(row, last, 0n),
    tidy: (ofRow) => {
      const lowest = lowestBeside(ofRow);
      for (let row = lowest; row < lowest + perGroup; row++) if (isFree(row) && wasUsed(row)) makeUnused(row);
    },
    clear: () => {
      bytes.fill(0);
    },
  };
}

/** A flow as two words, as rows have it. */
interface FlowKey {
  addresses: bigint;
  ports: bigint;
}

const PORTS_AND_PROTOCOL = 2n ** 40n - 1n;
const SPREAD = 0x9e3779b97f4a7c15n;
const SPREAD_AGAIN = 0xbf58476d1ce4e5b9n;

const spread = (ports: bigint): bigint => BigInt.asUintN(64, ports * SPREAD);

function keyOf({ protocol, source, destination, sourcePort, destinationPort }: Flow): FlowKey {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32BE(wordOf(source), 0);
  bytes.writeUInt32BE(wordOf(destination), 4);
  bytes.writeUInt16BE(sourcePort, 8 + IDENTITY.sourcePort);
  bytes.writeUInt16BE(destinationPort, 8 + IDENTITY.destinationPort);
  bytes.writeUInt8(protocol, 8 + IDENTITY.protocol);
  return { addresses: bytes.readBigUInt64LE(0), ports: bytes.readBigUInt64LE(8) };
}

function flowOf({ addresses, ports }: FlowKey): Flow {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(addresses, 0);
  bytes.writeBigUInt64LE(ports, 8);
  return {
    protocol: bytes.readUInt8(8 + IDENTITY.protocol),
    source: bytesToQuad(bytes) as Address,
    destination: bytesToQuad(bytes.subarray(4)) as Address,
    sourcePort: bytes.readUInt16BE(8 + IDENTITY.sourcePort),
    destinationPort: bytes.readUInt16BE(8 + IDENTITY.destinationPort),
  };
}

/** The hash of a flow, as key_of() in C. */
function hashOf({ addresses, ports }: FlowKey, seed: bigint): bigint {
  const mixed = BigInt.asUintN(64, ((addresses ^ seed) + spread(ports)) * SPREAD_AGAIN);
  return BigInt.asUintN(64, (mixed ^ (mixed >> 32n)) * SPREAD);
}

const groupOf = (key: FlowKey, groups: number, seed: bigint): number =>
  Number(((hashOf(key, seed) >> 32n) * BigInt(groups)) >> 32n);

/** The number in its group of the row that a search begins with, in a group of so many. */
const startOf = (line: number, rows: number): number => (line * LINE_ROWS) % rows;

/** That row for a flow, as line_of() in C; for tests. */
export const startOfFlow = (flow: Flow, rows: number, seed: bigint): number =>
  startOf(Number((hashOf(keyOf(flow), seed) >> 30n) % BigInt(GROUP_ROWS / LINE_ROWS)), rows);

/** The group of a flow, for tests. */
export const groupOfFlow = (flow: Flow, groups: number, seed: bigint): number => groupOf(keyOf(flow), groups, seed);

/** Which of the two half-open connections of its group gives way to a flow of datagrams, as row_by_chance() in C; for tests. */
export function rowByChance(flow: Flow, nowNs: bigint, seed: bigint): number {
  const mixed = hashOf(keyOf(flow), seed) ^ nowNs;
  return Number(BigInt.asUintN(64, (mixed ^ (mixed >> 32n)) * SPREAD) >> 63n);
}
