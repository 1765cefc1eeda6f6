/**
 * A rate: so many in a second on average, and at most one second's worth at once. Two numbers and no timer; the time is told
 * with each question. Owned by whoever asks; nothing to end.
 */
export class TokenBucket {
  readonly perSecond: number
  #left: number
  #at: number

  /** @param perSecond more than 0 */
  constructor(perSecond: number, nowMs: number) {
    this.perSecond = perSecond
    this.#left = perSecond
    this.#at = nowMs
  }

  /** Takes one, if there is one. @param nowMs of a clock that never goes back */
  take(nowMs: number): boolean {
    // Below zero when the caller's clock is read less often than it seems: then no time has passed.
    const passedMs = Math.max(0, nowMs - this.#at)
    this.#at += passedMs
    this.#left = Math.min(this.perSecond, this.#left + (passedMs * this.perSecond) / 1_000)
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}
