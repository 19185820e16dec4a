import { flowNamed } from '../specification/flow.ts';
import { rowOf } from '../tables/embryos.ts';

/** Support for the differential test: a table by flow in which one that comes later to the same row takes its place. */
export class RowMap<Value> extends Map<string, Value> {
  readonly #rows: number;
  readonly #names = new Map<number, string>();

  constructor(rows: number) {
    super();
    this.#rows = rows;
  }

  override set(name: string, value: Value): this {
    const row = rowOf(flowNamed(name), this.#rows);
    const before = this.#names.get(row);
    if (before !== undefined && before !== name) this.delete(before);
    this.#names.set(row, name);
    return super.set(name, value);
  }
}
