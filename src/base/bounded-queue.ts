/**
 * A first-in-first-out queue that is bounded by count and by bytes.
 *
 * It refuses what would go over a bound and says so; it never grows beyond it and never drops by itself. Owned by whoever
 * made it; `clear()` empties it. A queue that is empty holds no array.
 */
export class BoundedQueue<Item> {
  readonly countMax: number
  readonly bytesMax: number
  #items: ({ readonly item: Item; readonly bytes: number } | undefined)[] = []
  #first = 0
  #bytes = 0

  constructor(countMax: number, bytesMax: number = Number.POSITIVE_INFINITY) {
    this.countMax = countMax
    this.bytesMax = bytesMax
  }

  get count(): number {
    return this.#items.length - this.#first
  }

  get bytes(): number {
    return this.#bytes
  }

  get full(): boolean {
    return this.count >= this.countMax || this.#bytes >= this.bytesMax
  }

  /** Adds at the end; false, and nothing added, when that would go over a bound. */
  push(item: Item, bytes = 0): boolean {
    if (this.count >= this.countMax || this.#bytes + bytes > this.bytesMax) return false
    this.#items.push({ item, bytes })
    this.#bytes += bytes
    return true
  }

  /** Takes the oldest out; undefined when empty. */
  shift(): Item | undefined {
    const oldest = this.#items[this.#first]
    if (oldest === undefined) return undefined
    this.#items[this.#first++] = undefined
    this.#bytes -= oldest.bytes
    // Drop the empty front before it outweighs the rest, so that shifting stays cheap.
    if (this.#first === this.#items.length) this.clear()
    else if (this.#first > 32 && this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first)
      this.#first = 0
    }
    return oldest.item
  }

  /** What is in it, oldest first. */
  all(): Item[] {
    return this.#items.slice(this.#first).map((entry) => (entry as { readonly item: Item }).item)
  }

  /** Empties the queue and returns how many items were in it. */
  clear(): number {
    const count = this.count
    this.#items = []
    this.#first = 0
    this.#bytes = 0
    return count
  }
}
