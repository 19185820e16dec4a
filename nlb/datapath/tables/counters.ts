import { possibleCpus } from '../../kernel/libbpf.ts';
import { type MemoryMap, mapMemory } from '../../kernel/memory-map.ts';
import { CONSTANTS, OUTCOMES, type OutcomeName, STRUCTS } from '../program/layout.ts';
import type { Swept } from './sweep.ts';
import type { TableSizes } from './tables.ts';

export interface Count {
  packets: bigint;
  bytes: bigint;
}

/** Of one server or service. */
export interface Tally extends Count {
  /** Connections whose first packet was sent there. */
  opened: bigint;
  /**
   * Connections that are established, or exchange datagrams. The data path counts what it sees begin and end; what the full
   * table pushes out, and what falls silent, only the next recount() finds.
   */
  active: bigint;
}

/** What is counted, read from memory without a system call. Throws KernelRefusal when it is opened. */
export interface Counters {
  /** What became of all frames since the tables were made: one count for each way out. */
  outcomes(): Record<OutcomeName, Count>;
  ofServer(id: number): Tally;
  /** By the service's number in the data path. */
  ofService(id: number): Tally;
  /** Put the counts of active connections right. Those that are not given have none. */
  recount(active: Pick<Swept, 'servers' | 'services'>): void;
  close(): void;
}

const { counter: COUNTER, tally: TALLY } = STRUCTS;

/**
 * Rows of each table, which has those of one processor behind those of another. Behind all of them come tallies of our own,
 * which the data path does not touch: what recount() has found to be missing.
 */
export function counterRows({ maxServers, maxServices }: TableSizes): Record<string, number> {
  const processors = possibleCpus();
  return {
    counters: processors * CONSTANTS.COUNTERS_PER_CPU,
    server_tallies: (processors + 1) * maxServers,
    service_tallies: (processors + 1) * maxServices,
  };
}

export function openCounters(descriptor: (map: string) => number, sizes: TableSizes): Counters {
  const rows = counterRows(sizes);
  const open = (map: string, bytes: number): MemoryMap => mapMemory(descriptor(map), (rows[map] ?? 0) * bytes);
  const counters = open('counters', COUNTER.size);
  const servers = open('server_tallies', TALLY.size);
  const services = open('service_tallies', TALLY.size);
  const words = [counters, servers, services].map(({ buffer }) => new BigInt64Array(buffer));
  const [outcomes = NONE, ofServers = NONE, ofServices = NONE] = words;
  return {
    outcomes: () => outcomesFrom(outcomes),
    ofServer: (id) => tallyFrom(ofServers, sizes.maxServers, id),
    ofService: (id) => tallyFrom(ofServices, sizes.maxServices, id),
    recount: (active) => {
      recount(ofServers, sizes.maxServers, active.servers);
      recount(ofServices, sizes.maxServices, active.services);
    },
    close: () => {
      for (const memory of [counters, servers, services]) memory.close();
    },
  };
}

const NONE = new BigInt64Array();

function outcomesFrom(words: BigInt64Array): Record<OutcomeName, Count> {
  const sum = (index: number, member: number): bigint =>
    sumOver(words, { rowBytes: COUNTER.size, rows: CONSTANTS.COUNTERS_PER_CPU, index, member });
  const counts = OUTCOMES.map((name, index) => {
    return [name, { packets: sum(index, COUNTER.packets), bytes: sum(index, COUNTER.bytes) }];
  });
  return Object.fromEntries(counts) as Record<OutcomeName, Count>;
}

function tallyFrom(words: BigInt64Array, rows: number, index: number): Tally {
  const sum = (member: number): bigint => sumOver(words, { rowBytes: TALLY.size, rows, index, member });
  return {
    packets: sum(TALLY.packets),
    bytes: sum(TALLY.bytes),
    opened: sum(TALLY.opened),
    active: sum(TALLY.active),
  };
}

function recount(words: BigInt64Array, rows: number, active: ReadonlyMap<number, number>): void {
  for (let index = 0; index < rows; index++) {
    const missing = BigInt(active.get(index) ?? 0) - tallyFrom(words, rows, index).active;
    const row = words.length / (TALLY.size / 8) - rows + index;
    const at = (row * TALLY.size + TALLY.active) / 8;
    words[at] = (words[at] ?? 0n) + missing;
  }
}

interface Cell {
  rowBytes: number;
  /** Of one processor. */
  rows: number;
  index: number;
  /** Octets before it in the row. */
  member: number;
}

/** Of all processors. */
function sumOver(words: BigInt64Array, { rowBytes, rows, index, member }: Cell): bigint {
  let sum = 0n;
  for (let row = index; row * rowBytes < words.byteLength; row += rows)
    sum += words[(row * rowBytes + member) / 8] ?? 0n;
  return sum;
}
