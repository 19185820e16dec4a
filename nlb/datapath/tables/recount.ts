import { STRUCTS } from '../program/layout.ts';
import type { ProvenTable } from '../specification/knowledge.ts';
import { type CountedMemory, FLOW_TABLES, type Rows, sumOver } from './counters.ts';

/**
 * What the data path cannot count: the connections that a full table has pushed out, and those whose time is over. A walk
 * through the tables finds them out, while the data path goes on counting.
 */
export interface Recount {
  /** A connection was taken out, because its time was over. */
  removed(table: ProvenTable, was: Counted | undefined): void;
  /** All have been looked at. */
  finish(found: Found): void;
}

/** An active connection, by its server's id and its service's number. */
export interface Counted {
  server: number;
  service: number;
}

export interface Found {
  /** Entries of each table. */
  present: Record<ProvenTable, number>;
  /** How many are active, by server id and by the service's number. */
  servers: ReadonlyMap<number, number>;
  services: ReadonlyMap<number, number>;
}

/** How many connections of a row have become active, and how many no longer are. */
export interface Turnover {
  began: number;
  ended: number;
}

const { tally: TALLY, tableCount: TABLE } = STRUCTS;

/**
 * By how much a count of active connections is wrong. Each connection that was active throughout the walk was found by it, and
 * each that was found was active at some time. So how many are active at the end lies between what was found, less those that
 * ended meanwhile, and what was found, and those that began meanwhile. A count that lies there is left alone: so a walk adds no
 * error, however busy the data path is, and takes away all of it where nothing happens meanwhile.
 */
export function excess(found: number, before: Turnover, after: Turnover): number {
  const count = after.began - after.ended;
  const least = found - (after.ended - before.ended);
  const most = found + (after.began - before.began);
  return count > most ? count - most : count < least ? count - least : 0;
}

/** Begin before the first look at the tables. */
export function beginRecount({ servers, services, tables }: CountedMemory): Recount {
  const before = { servers: turnovers(servers), services: turnovers(services) };
  const entered = FLOW_TABLES.map((_, index) => sumOver(tables, index, TABLE.entered));
  return {
    removed: (table, was) => {
      add(tables, FLOW_TABLES.indexOf(table), TABLE.removed, 1n);
      if (!was) return;
      add(servers, was.server, TALLY.ended, 1n);
      add(services, was.service, TALLY.ended, 1n);
    },
    finish: (found) => {
      correct(servers, before.servers, found.servers);
      correct(services, before.services, found.services);
      for (const table of ['connections', 'udpFlows'] as const) {
        const index = FLOW_TABLES.indexOf(table);
        noteEvicted(tables, index, entered[index] ?? 0n, found.present[table]);
      }
    },
  };
}

const turnovers = (tallies: Rows): Turnover[] =>
  Array.from({ length: tallies.rows }, (_, index) => ({
    began: quickSum(tallies, index, TALLY.began),
    ended: quickSum(tallies, index, TALLY.ended),
  }));

function correct(tallies: Rows, before: readonly Turnover[], found: ReadonlyMap<number, number>): void {
  for (const [index, after] of turnovers(tallies).entries()) {
    const wrong = excess(found.get(index) ?? 0, before[index] ?? after, after);
    if (wrong > 0) add(tallies, index, TALLY.ended, BigInt(wrong));
    if (wrong < 0) add(tallies, index, TALLY.began, BigInt(-wrong));
  }
}

/**
 * What had entered when the walk began, and was neither found nor taken out, has been pushed out. What entered later may have been
 * found as well: so this is never too much, and all of it where nothing enters meanwhile.
 */
function noteEvicted(tables: Rows, index: number, entered: bigint, present: number): void {
  const evicted = entered - sumOver(tables, index, TABLE.removed) - BigInt(present);
  const known = sumOver(tables, index, TABLE.evicted);
  if (evicted > known) add(tables, index, TABLE.evicted, evicted - known);
}

/** To the row that is ours alone. */
function add({ words, rows, rowBytes }: Rows, index: number, member: number, by: bigint): void {
  const at = (words.byteLength - rows * rowBytes + index * rowBytes + member) / 8;
  words[at] = (words[at] ?? 0n) + by;
}

/** As sumOver(), in numbers: there are thousands of rows, and these counts are below 2⁵³. */
function quickSum({ words, rows, rowBytes }: Rows, index: number, member: number): number {
  const halves = new Uint32Array(words.buffer);
  let sum = 0;
  for (let row = index; row * rowBytes < words.byteLength; row += rows) {
    const at = (row * rowBytes + member) / 4;
    sum += (halves[at] ?? 0) + 2 ** 32 * (halves[at + 1] ?? 0);
  }
  return sum;
}
