import { expiresNs } from '../specification/connection.ts';
import type { Connection } from '../specification/knowledge.ts';
import type { Timeouts } from '../specification/timeouts.ts';

/**
 * Support for the differential test: a table by flow in which each has a row in the group of its hash, the first free one from
 * where its search begins; where the group is full, the connection there that ends first gives way, or one by chance.
 */
export class GroupRows extends Map<string, Connection> {
  readonly #options: GroupOptions;
  /** By group: names of the flows, by row. */
  readonly #groups = new Map<number, (string | undefined)[]>();

  constructor(options: GroupOptions) {
    super();
    this.#options = options;
  }

  override set(name: string, value: Connection): this {
    if (!this.has(name)) this.#takeRow(name, value.seenNs);
    return super.set(name, value);
  }

  override delete(name: string): boolean {
    const rows = this.#rowsOf(name);
    const row = rows.indexOf(name);
    if (row >= 0) rows[row] = undefined;
    return super.delete(name);
  }

  #takeRow(name: string, nowNs: bigint): void {
    const rows = this.#rowsOf(name);
    const row = this.#vacant(name, nowNs) ?? this.#options.rowByChance?.(name, nowNs) ?? this.#firstToEnd(name);
    const evicted = rows[row];
    const connection = evicted === undefined ? undefined : this.get(evicted);
    if (evicted !== undefined && connection) {
      this.delete(evicted);
      this.#options.evicted(connection);
    }
    rows[row] = name;
  }

  /** The first row that is free, or else the one whose connection expires first if it has expired. */
  #vacant(name: string, nowNs: bigint): number | undefined {
    const first = this.#firstToEnd(name);
    return this.#endsNs(this.#rowsOf(name)[first]) <= nowNs ? first : undefined;
  }

  #firstToEnd(name: string): number {
    const rows = this.#rowsOf(name);
    const start = this.#options.startOf(name, rows.length);
    const inOrder = [...rows.keys()].toSorted((one, other) => Number(one < start) - Number(other < start));
    return inOrder.toSorted((one, other) => Number(this.#endsNs(rows[one]) - this.#endsNs(rows[other])))[0] ?? start;
  }

  #endsNs(name: string | undefined): bigint {
    const connection = name === undefined ? undefined : this.get(name);
    return connection ? expiresNs(connection, this.#options.timeouts) : 0n;
  }

  #rowsOf(name: string): (string | undefined)[] {
    const group = this.#options.groupOf(name);
    const rows = this.#groups.get(group) ?? Array.from({ length: this.#options.rows }, () => undefined);
    this.#groups.set(group, rows);
    return rows;
  }
}

export interface GroupOptions {
  /** The group of the flow of that name. */
  groupOf(name: string): number;
  /** The row that the search for the flow of that name begins with, in a group of so many. */
  startOf(name: string, rows: number): number;
  /** How many each group has. */
  rows: number;
  timeouts: Timeouts;
  /** The row whose connection gives way to that flow while none has expired; undefined: the one that expires first. */
  rowByChance?(name: string, nowNs: bigint): number | undefined;
  evicted(connection: Connection): void;
}
