import { flowNamed } from '../specification/flow.ts';
import type { Connection } from '../specification/knowledge.ts';
import { besideRow, rowOf } from '../tables/half-open.ts';

/**
 * Support for the differential test: the table of half-open connections, in which each has the row of its hash or the neighbouring
 * one, and replaces the older one if both are taken.
 */
export class HalfOpenRows extends Map<string, Connection> {
  readonly #rows: number;
  readonly #names = new Map<number, string>();

  constructor(rows: number) {
    super();
    this.#rows = rows;
  }

  override set(name: string, value: Connection): this {
    if (!this.has(name)) this.#take(name);
    return super.set(name, value);
  }

  #take(name: string): void {
    const own = rowOf(flowNamed(name), this.#rows);
    const beside = besideRow(own);
    const row = this.#seenNs(beside) < this.#seenNs(own) ? beside : own;
    const before = this.#names.get(row);
    if (before !== undefined && this.#seenNs(row) !== 0n) this.delete(before);
    this.#names.set(row, name);
  }

  /** Zero if the row is free. */
  #seenNs(row: number): bigint {
    const name = this.#names.get(row);
    return (name !== undefined && this.get(name)?.seenNs) || 0n;
  }

  override delete(name: string): boolean {
    for (const [row, holder] of this.#names) if (holder === name) this.#names.delete(row);
    return super.delete(name);
  }
}
