import { STRUCTS } from '../program/layout.ts';
import type { ProvenTable } from '../specification/knowledge.ts';
import { type CountedMemory, FLOW_TABLES, type Rows } from './counters.ts';

/**
 * What the data path does not count: expired connections. A walk through the tables finds them, while the data path goes on counting,
 * and corrects what a daemon left uncounted that was killed during an earlier walk.
 */
export interface Recount {
  /** A connection was removed, because it has expired. */
  removed(table: ProvenTable, was: Counted | undefined): void;
  /** The walk is over. */
  finish(found: Found): void;
}

/** An active connection, by its server's id and its service's number. */
export interface Counted {
  server: number;
  service: number;
}

export interface Found {
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
 * By how much a count of active connections is wrong. Every connection that was active throughout the walk was found by it, and
 * every one that was found was active at some time. So the number of active ones at the end is between (found - ended meanwhile)
 * and (found + begun meanwhile). A count in that range is left alone: a walk adds no error, however busy the data path is, and
 * removes all of it if nothing happens meanwhile.
 */
export function excess(found: number, before: Turnover, after: Turnover): number {
  const count = after.began - after.ended;
  const least = found - (after.ended - before.ended);
  const most = found + (after.began - before.began);
  return count > most ? count - most : count < least ? count - least : 0;
}

/** Begin before the walk. */
export function beginRecount({ servers, services, tables }: CountedMemory): Recount {
  const before = { servers: turnovers(servers), services: turnovers(services) };
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

/** To the row of user space, which two threads may write: one expires connections while the other forgets them. */
function add({ words, rows, rowBytes }: Rows, index: number, member: number, by: bigint): void {
  const at = (words.byteLength - rows * rowBytes + index * rowBytes + member) / 8;
  Atomics.add(words, at, by);
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
