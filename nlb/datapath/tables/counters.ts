import { possibleCpus } from '../../kernel/libbpf.ts';
import { type MemoryMap, mapMemory } from '../../kernel/memory-map.ts';
import { CONSTANTS, OUTCOMES, type OutcomeName, STRUCTS } from '../program/layout.ts';
import type { TableSizes } from './tables.ts';

export interface Count {
  packets: bigint;
  bytes: bigint;
}

/** Of one server or service. */
export interface Tally extends Count {
  /** Connections whose first packet was sent there. */
  opened: bigint;
  /** Connections that are established, or exchange datagrams: those that began to, less those that ended. */
  active: bigint;
}

/** Of one flow table. Entries that enter and leave are counted for the tables of proven connections only. */
export interface TableCount {
  entered: bigint;
  /** Not entered: over the limit. */
  limited: bigint;
  /** Not written, because the kernel refused. */
  refused: bigint;
  /** Removed: expired, or their service is gone. */
  removed: bigint;
  /** Pushed out by other entries. */
  evicted: bigint;
}

/** In the order of their numbers in the data path. */
export const FLOW_TABLES = [
  'connections',
  'udpFlows',
  'halfOpen',
  'affinities',
  'fragments',
  'unprovenFragments',
] as const;
export type FlowTable = (typeof FLOW_TABLES)[number];

/** The counters, read from memory without a system call. Opening them throws SyscallError. */
export interface Counters {
  /** Outcomes of all frames since the tables were made. */
  outcomes(): Record<OutcomeName, Count>;
  ofServer(id: number): Tally;
  /** By the service's number in the data path. */
  ofService(id: number): Tally;
  ofTable(table: FlowTable): TableCount;
  /** A held frame has been sent on. No program counts this outcome, so one process may. */
  countReleased(bytes: number): void;
  /** The counters' words, for their correction (recount.ts). */
  readonly memory: CountedMemory;
  close(): void;
}

/** Tables of 64-bit words, and how many rows of each belong to one CPU. The last rows belong to user space. */
export interface CountedMemory {
  servers: Rows;
  services: Rows;
  tables: Rows;
}

export interface Rows {
  words: BigInt64Array;
  rows: number;
  rowBytes: number;
}

const { counter: COUNTER, tally: TALLY, tableCount: TABLE } = STRUCTS;

/**
 * Rows of each table: those of one CPU after those of another, and then rows that the data path does not touch, for the
 * corrections of user space (recount.ts).
 */
export function counterRows({ maxServers, maxServices }: TableSizes): Record<string, number> {
  const processors = possibleCpus();
  return {
    counters: processors * CONSTANTS.COUNTERS_PER_CPU,
    server_tallies: (processors + 1) * maxServers,
    service_tallies: (processors + 1) * maxServices,
    table_counts: (processors + 1) * CONSTANTS.TABLES_PER_CPU,
  };
}

export function openCounters(descriptor: (map: string) => number, sizes: TableSizes): Counters {
  const rows = counterRows(sizes);
  const open = (map: string, bytes: number): MemoryMap => mapMemory(descriptor(map), (rows[map] ?? 0) * bytes);
  const counters = open('counters', COUNTER.size);
  const servers = open('server_tallies', TALLY.size);
  const services = open('service_tallies', TALLY.size);
  const tables = open('table_counts', TABLE.size);
  const rowsOf = ({ buffer }: MemoryMap, rows: number, rowBytes: number): Rows => ({
    words: new BigInt64Array(buffer),
    rows,
    rowBytes,
  });
  const outcomes = rowsOf(counters, CONSTANTS.COUNTERS_PER_CPU, COUNTER.size);
  const memory = {
    servers: rowsOf(servers, sizes.maxServers, TALLY.size),
    services: rowsOf(services, sizes.maxServices, TALLY.size),
    tables: rowsOf(tables, CONSTANTS.TABLES_PER_CPU, TABLE.size),
  };
  return {
    outcomes: () => outcomesFrom(outcomes),
    ofServer: (id) => tallyFrom(memory.servers, id),
    ofService: (id) => tallyFrom(memory.services, id),
    countReleased: (bytes) => {
      const row = (OUTCOMES.indexOf('RELEASED') * COUNTER.size) / 8;
      Atomics.add(outcomes.words, row + COUNTER.packets / 8, 1n);
      Atomics.add(outcomes.words, row + COUNTER.bytes / 8, BigInt(bytes));
    },
    ofTable: (table) => tableFrom(memory.tables, FLOW_TABLES.indexOf(table)),
    memory,
    close: () => {
      for (const mapped of [counters, servers, services, tables]) mapped.close();
    },
  };
}

function outcomesFrom(counters: Rows): Record<OutcomeName, Count> {
  const sum = (index: number, member: number): bigint => sumOver(counters, index, member);
  const counts = OUTCOMES.map((name, index) => {
    return [name, { packets: sum(index, COUNTER.packets), bytes: sum(index, COUNTER.bytes) }];
  });
  return Object.fromEntries(counts) as Record<OutcomeName, Count>;
}

function tallyFrom(tallies: Rows, index: number): Tally {
  const sum = (member: number): bigint => sumOver(tallies, index, member);
  return {
    packets: sum(TALLY.packets),
    bytes: sum(TALLY.bytes),
    opened: sum(TALLY.opened),
    active: sum(TALLY.began) - sum(TALLY.ended),
  };
}

function tableFrom(tables: Rows, index: number): TableCount {
  const sum = (member: number): bigint => sumOver(tables, index, member);
  return {
    entered: sum(TABLE.entered),
    limited: sum(TABLE.limited),
    refused: sum(TABLE.refused),
    removed: sum(TABLE.removed),
    evicted: sum(TABLE.evicted),
  };
}

/** Sum over all CPUs. `member`: its offset in the row, in octets. */
function sumOver({ words, rows, rowBytes }: Rows, index: number, member: number): bigint {
  let sum = 0n;
  for (let row = index; row * rowBytes < words.byteLength; row += rows)
    sum += words[(row * rowBytes + member) / 8] ?? 0n;
  return sum;
}
