/**
 * How many there are of each key. A key nobody has is forgotten at once, so it is never larger than what is counted.
 * Owned by whoever counts; empty when everything counted has gone.
 */
export class CountsByKey {
  // Removed by: remove(), with the last one of its key.
  readonly #counts = new Map<string, number>()

  /** How many keys there are. */
  get size(): number {
    return this.#counts.size
  }

  of(key: string): number {
    return this.#counts.get(key) ?? 0
  }

  add(key: string): void {
    this.#counts.set(key, this.of(key) + 1)
  }

  /** Nothing happens when there is none. */
  remove(key: string): void {
    const count = this.of(key)
    if (count > 1) this.#counts.set(key, count - 1)
    else this.#counts.delete(key)
  }
}
