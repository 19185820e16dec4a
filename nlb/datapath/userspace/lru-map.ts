/** A table with a limited number of entries; the entry that was written longest ago is evicted, as in the kernel's LRU tables. */
export class LruMap<Value> extends Map<string, Value> {
  readonly #most: number;
  readonly #evicted: (value: Value) => void;

  /** @param evicted called with each evicted entry */
  constructor(most: number, evicted: (value: Value) => void = () => {}) {
    super();
    this.#most = most;
    this.#evicted = evicted;
  }

  override set(name: string, value: Value): this {
    // A Map iterates in the order of insertion: an entry that is written again becomes the newest.
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
