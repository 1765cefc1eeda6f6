/**
 * One numbered stream as its receiver sees it: what is missing, what came twice, what came too late. And how long things took.
 * Plain counting; nothing to end. Its memory is one byte for each number.
 */

/** Numbers from 0. */
export class Sequence {
  #times = new Uint8Array(256)
  /** One more than the highest that has come. */
  #next = 0
  arrived = 0
  /** Came after a higher one had come. One that comes again counts as repeated only. */
  outOfOrder = 0

  came(number: number): void {
    if (number >= this.#times.length) {
      const longer = new Uint8Array(Math.max(number + 1, this.#times.length * 2))
      longer.set(this.#times)
      this.#times = longer
    }
    const before = this.#times[number] as number
    if (before === 0 && number < this.#next) this.outOfOrder++
    if (before < 255) this.#times[number] = before + 1
    this.#next = Math.max(this.#next, number + 1)
    this.arrived++
  }

  /** How many of the first `sent` are missing. */
  lost(sent: number): number {
    let count = 0
    for (let number = 0; number < sent; number++) if ((this.#times[number] ?? 0) === 0) count++
    return count
  }

  get repeated(): number {
    return this.#times.reduce((sum, times) => sum + Math.max(0, times - 1), 0)
  }

  /** Has the last of `sent` come? When it has not, whoever sends is not being served. */
  isServed(sent: number): boolean {
    return sent === 0 || (this.#times[sent - 1] ?? 0) > 0
  }
}

/** Durations by the millisecond: exact at the top, to one millisecond elsewhere. */
export class Durations {
  readonly #byMs = new Uint32Array(60_001)
  count = 0
  longestMs = 0

  add(ms: number): void {
    const at = Math.min(this.#byMs.length - 1, Math.max(0, Math.ceil(ms)))
    this.#byMs[at] = (this.#byMs[at] as number) + 1
    this.count++
    this.longestMs = Math.max(this.longestMs, ms)
  }

  /** So many milliseconds or less for this share of them; 0 when there are none. */
  quantile(share: number): number {
    const wanted = Math.ceil(this.count * share)
    let seen = 0
    for (const [ms, count] of this.#byMs.entries()) {
      seen += count
      if (seen >= wanted) return ms
    }
    return 0
  }
}
