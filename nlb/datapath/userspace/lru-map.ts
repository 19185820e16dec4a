/** A table that holds so many entries at most; what was written longest ago makes room, as in the kernel's LRU tables. */
export class LruMap<Value> extends Map<string, Value> {
  readonly #most: number;
  readonly #evicted: (value: Value) => void;

  /** @param evicted told of what has made room */
  constructor(most: number, evicted: (value: Value) => void = () => {}) {
    super();
    this.#most = most;
    this.#evicted = evicted;
  }

  override set(name: string, value: Value): this {
    // A Map goes by the order in which entries came in: one that is written again is to be the newest.
    this.delete(name);
    super.set(name, value);
    if (this.size > this.#most) this.#makeRoom();
    return this;
  }

  #makeRoom(): void {
    const { value: oldest } = this.entries().next();
    if (!oldest) return;
    this.delete(oldest[0]);
    this.#evicted(oldest[1]);
  }
}
