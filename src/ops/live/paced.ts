/**
 * Something that is looked at again and again, but only so often that looking takes no more than a share of the time.
 *
 * Owned by whoever asks. Runs only when it is asked, so there is nothing to end; a reading under way is let go of when nobody asks any more.
 */
import type { Clock } from '../../base/clock.ts'

/** On a busy machine things take long that cost little: what is shown is never older than this. */
const PAUSE_MAX_MS = 30_000

export class Paced<Value> {
  readonly #clock: Clock
  readonly #share: number
  readonly #take: () => Value | Promise<Value>
  readonly #costMsOf: ((value: Value) => number) | null
  #value: Value | null = null
  #underWay: Promise<void> | null = null
  /** On the clock. */
  #notBefore = Number.NEGATIVE_INFINITY
  #tookMs = 0

  /**
   * @param share of the time, such as 0.003: what took 5 ms is not taken again before 1.7 s have passed
   * @param costMsOf what it says itself that it took; null: all the time from its beginning to its end
   */
  constructor(
    clock: Clock,
    share: number,
    take: () => Value | Promise<Value>,
    costMsOf: ((value: Value) => number) | null = null,
  ) {
    this.#clock = clock
    this.#share = share
    this.#take = take
    this.#costMsOf = costMsOf
  }

  /** How long the last one took. */
  get tookMs(): number {
    return this.#tookMs
  }

  /** The latest there is; null before the first. */
  get latest(): Value | null {
    return this.#value
  }

  /** Is it time for another? */
  get due(): boolean {
    return this.#underWay === null && this.#clock.now() >= this.#notBefore
  }

  /** Resolves when the one that is taken now is over, whatever becomes of it; null when none is. */
  get underWay(): Promise<void> | null {
    return this.#underWay
  }

  /** When it is time, another is taken: now, or, if it takes a while, for whoever asks next. */
  refresh(): void {
    if (!this.due) return
    const now = this.#clock.now()
    const taken = this.#take()
    if (taken instanceof Promise) this.#underWay = this.#await(taken, now)
    else this.#finish(taken, now)
  }

  async #await(taken: Promise<Value>, beganAt: number): Promise<void> {
    try {
      this.#finish(await taken, beganAt)
    } catch {
      // The one before it stays; the next is as far away as if it had worked.
      this.#pace(this.#clock.now() - beganAt)
    }
    this.#underWay = null
  }

  #finish(value: Value, beganAt: number): void {
    this.#value = value
    this.#pace(this.#costMsOf?.(value) ?? this.#clock.now() - beganAt)
  }

  #pace(tookMs: number): void {
    this.#tookMs = tookMs
    this.#notBefore = this.#clock.now() + Math.min(PAUSE_MAX_MS, this.#tookMs / this.#share)
  }
}
