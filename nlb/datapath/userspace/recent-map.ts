/** A table that holds so many entries at most; what was written longest ago makes room, as in the kernel's LRU tables. */
export class RecentMap<Value> extends Map<string, Value> {
  readonly #most: number;

  constructor(most: number) {
    super();
    this.#most = most;
  }

  override set(name: string, value: Value): this {
    // A Map goes by the order in which entries came in: one that is written again is to be the newest.
    this.delete(name);
    super.set(name, value);
    if (this.size > this.#most) this.delete(this.keys().next().value ?? name);
    return this;
  }
}
