/**
 * The pace of a drain: how many connections have their turn now, so that their clients do not come back all at once.
 *
 * Even over the window, in slices of 25 ms. When the event loop is late, the time it was stuck is not made up for: that would
 * be a burst just when the process is behind. The end moves instead, as far as the deadline leaves room; from there on what
 * is left is spread over what time there is. Numbers only: whoever asks has the clock. Nothing to end.
 */

/** Whoever asks, asks so often. */
export const SLICE_MS = 25
/** A slice that took longer than this was late. */
const LATE_MS = 2 * SLICE_MS

export interface PaceInit {
  /** When it begins, by the clock that `due` is asked with. */
  readonly startAt: number
  readonly windowMs: number
  /** The end may move until so long after the beginning. */
  readonly latestMs: number
}

export class DrainPace {
  readonly #latestAt: number
  #endAt: number
  #at: number
  /** The part of a turn that the slices so far have come to. */
  #carry = 0

  constructor({ startAt, windowMs, latestMs }: PaceInit) {
    this.#at = startAt
    this.#endAt = startAt + windowMs
    this.#latestAt = startAt + Math.max(windowMs, latestMs)
  }

  /** When the last has its turn, as things stand. */
  get endAt(): number {
    return this.#endAt
  }

  /** How many of the `left` that have not had their turn have it now. */
  due(now: number, left: number): number {
    const elapsed = Math.max(0, now - this.#at)
    const late = elapsed > LATE_MS ? elapsed - SLICE_MS : 0
    const moved = Math.min(late, this.#latestAt - this.#endAt)
    const remaining = this.#endAt - this.#at
    this.#at = now
    this.#endAt += moved
    if (now >= this.#endAt) return left
    const earned = Math.min(this.#carry, left)
    const due = ((left - earned) * (elapsed - moved)) / remaining + earned
    const whole = Math.floor(due)
    this.#carry = due - whole
    return whole
  }
}
