/**
 * How many control frames came in the running second. Owned by one frame reader, made for its first control frame; holds
 * two numbers.
 */
export class ControlRate {
  #second = 0
  #count = 0

  /** Counts one more at `nowMs`; true when that is over `max` in the running second. */
  isOver(max: number, nowMs: number): boolean {
    const second = Math.floor(nowMs / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#count = 0
    }
    this.#count += 1
    return this.#count > max
  }
}
