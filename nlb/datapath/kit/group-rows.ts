import { expiresNs } from '../specification/connection.ts';
import type { Connection } from '../specification/knowledge.ts';
import type { Timeouts } from '../specification/timeouts.ts';

/**
 * Support for the differential test: a table by flow in which each has a row in the group of its hash, the first free one; where the
 * group is full, the connection there that ends first gives way.
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
    if (!this.has(name)) this.#takeRow(name);
    return super.set(name, value);
  }

  override delete(name: string): boolean {
    const rows = this.#rowsOf(name);
    const row = rows.indexOf(name);
    if (row >= 0) rows[row] = undefined;
    return super.delete(name);
  }

  #takeRow(name: string): void {
    const rows = this.#rowsOf(name);
    const free = rows.indexOf(undefined);
    const row = free >= 0 ? free : this.#firstToEnd(rows);
    const evicted = rows[row];
    const connection = evicted === undefined ? undefined : this.get(evicted);
    if (evicted !== undefined && connection) {
      this.delete(evicted);
      this.#options.evicted(connection);
    }
    rows[row] = name;
  }

  #firstToEnd(rows: readonly (string | undefined)[]): number {
    const ends = rows.map((name) => {
      const connection = name === undefined ? undefined : this.get(name);
      return connection ? expiresNs(connection, this.#options.timeouts) : 0n;
    });
    return ends.indexOf(ends.toSorted((one, other) => Number(one - other))[0] ?? 0n);
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
  /** How many each group has. */
  rows: number;
  timeouts: Timeouts;
  evicted(connection: Connection): void;
}
