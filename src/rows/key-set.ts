/** A set of 64-bit keys in flat memory: 8 bytes a slot, at most three quarters full. */
export class KeySet {
  #slots = new Uint32Array(2 * 256);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(high: number, low: number): boolean {
    return this.#occupied(this.#find(high, low || 1));
  }

  /** @returns whether the key was not there before */
  add(high: number, low: number): boolean {
    const nonZero = low || 1;
    const at = this.#find(high, nonZero);
    if (this.#occupied(at)) return false;
    this.#slots[at] = high;
    this.#slots[at + 1] = nonZero;
    this.#size += 1;
    if (this.#size * 8 > this.#slots.length * 3) this.#grow();
    return true;
  }

  /** Those for which `isKept` holds, as a set of their own. */
  filter(isKept: (high: number, low: number) => boolean): KeySet {
    const kept = new KeySet();
    for (const [high, low] of this.keys()) if (isKept(high, low)) kept.add(high, low);
    return kept;
  }

  *keys(): Generator<readonly [high: number, low: number]> {
    for (let at = 0; at < this.#slots.length; at += 2) {
      if (this.#occupied(at)) yield [this.#slots[at] ?? 0, this.#slots[at + 1] ?? 0];
    }
  }

  #occupied(at: number): boolean {
    return this.#slots[at + 1] !== 0;
  }

  #find(high: number, low: number): number {
    const mask = this.#slots.length / 2 - 1;
    let slot = (high ^ low) & mask;
    while (this.#slots[2 * slot + 1] !== 0) {
      if (this.#slots[2 * slot] === high && this.#slots[2 * slot + 1] === low) break;
      slot = (slot + 1) & mask;
    }
    return 2 * slot;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    for (let at = 0; at < old.length; at += 2) {
      const [high = 0, low = 0] = [old[at], old[at + 1]];
      if (low === 0) continue;
      const to = this.#find(high, low);
      this.#slots[to] = high;
      this.#slots[to + 1] = low;
    }
  }
}

/** All keys of some sets. */
export function unionOf(sets: Iterable<KeySet>): KeySet {
  const all = new KeySet();
  for (const set of sets) for (const [high, low] of set.keys()) all.add(high, low);
  return all;
}
