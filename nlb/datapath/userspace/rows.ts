import { type MemoryMap, mapMemory } from '../../kernel/memory-map.ts';
import { OUTCOMES, type OutcomeName, STRUCTS } from '../program/layout.ts';
import { isActive } from '../specification/connection.ts';
import type { CountedForServer, Decision } from '../specification/decision.ts';
import type { Connection, ProvenTable } from '../specification/knowledge.ts';
import { FLOW_TABLES, type FlowTable, type TableCount } from '../tables/counters.ts';
import type { TableSizes } from '../tables/tables.ts';
import { mappedBytes } from './directory.ts';

/** The counters that the forwarder writes: rows in memory that the daemon reads (counters.ts), as those of CPU 0. */
export interface Rows {
  /** @param numbers rows of the services, by name */
  count(decision: Pick<Decision, 'outcome' | 'frame' | 'counts'>, numbers: ReadonlyMap<string, number>): void;
  /** A proven connection was removed or evicted. */
  gone(
    how: 'removed' | 'evicted',
    table: ProvenTable,
    connection: Connection,
    numbers: ReadonlyMap<string, number>,
  ): void;
  /** An entry of another table was evicted. */
  evicted(table: FlowTable): void;
}

const { counter: COUNTER, tally: TALLY, tableCount: TABLE } = STRUCTS;
const ROW_OF = new Map<OutcomeName, number>(OUTCOMES.map((name, row) => [name, row]));

/** Throws SyscallError. */
export function openRows(descriptor: (file: string) => number, sizes: TableSizes): Rows {
  const bytes = mappedBytes(sizes);
  const open = (file: string): BigInt64Array => wordsOf(mapMemory(descriptor(file), bytes[file] ?? 0));
  const [outcomes, servers, services] = [open('counters'), open('server_tallies'), open('service_tallies')];
  const tables = open('table_counts');
  const ofTable = (table: FlowTable, what: keyof TableCount): void =>
    add(tables, FLOW_TABLES.indexOf(table) * TABLE.size + TABLE[what], 1n);
  const ofServer = (counted: CountedForServer, numbers: ReadonlyMap<string, number>, octets: bigint): void => {
    tally(servers, counted.server, counted, octets);
    const number = numbers.get(counted.service);
    if (number !== undefined) tally(services, number, counted, octets);
  };
  return {
    count: ({ outcome, frame, counts }, numbers) => {
      const octets = BigInt(frame.length);
      const row = (ROW_OF.get(outcome) ?? 0) * COUNTER.size;
      add(outcomes, row + COUNTER.packets, 1n);
      add(outcomes, row + COUNTER.bytes, octets);
      for (const counted of counts) {
        if ('table' in counted) ofTable(counted.table, counted.what);
        else ofServer(counted, numbers, octets);
      }
    },
    gone: (how, table, connection, numbers) => {
      ofTable(table, how);
      const { server, service } = connection;
      if (isActive(connection)) ofServer({ what: 'active', by: -1, server, service }, numbers, 0n);
    },
    evicted: (table) => ofTable(table, 'evicted'),
  };
}

/** For as long as the process lives. */
const wordsOf = ({ buffer }: MemoryMap): BigInt64Array => new BigInt64Array(buffer);

function tally(words: BigInt64Array, row: number, counted: CountedForServer, octets: bigint): void {
  const at = row * TALLY.size;
  if (counted.what === 'active') add(words, at + (counted.by > 0 ? TALLY.began : TALLY.ended), 1n);
  if (counted.what === 'opened') add(words, at + TALLY.opened, 1n);
  if (counted.what !== 'packet') return;
  add(words, at + TALLY.packets, 1n);
  add(words, at + TALLY.bytes, octets);
}

function add(words: BigInt64Array, at: number, by: bigint): void {
  words[at / 8] = (words[at / 8] ?? 0n) + by;
}
