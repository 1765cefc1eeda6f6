/**
 * How late the event loop is: a timer every 20 ms that says how long after its time it fired. (Node's own monitor tells percentiles since
 * it was asked last, of which nobody can make a histogram that adds up over processes.)
 *
 * Owned by whoever made it, with that timer, which keeps no process alive. Ends with `end()`; the numbers stay readable.
 */
import { type BucketFigures, Buckets } from '../../base/buckets.ts'
import type { Clock, ClockTimer } from '../../base/clock.ts'
import { LOOP_SECONDS } from './metric-table.ts'

const EVERY_MS = 20

export class LoopDelay {
  readonly #clock: Clock
  readonly #delays = new Buckets(LOOP_SECONDS)
  #dueAt = 0
  #timer: ClockTimer | null = null

  constructor(clock: Clock) {
    this.#clock = clock
    this.#arm()
  }

  figures(): BucketFigures {
    return this.#delays.figures()
  }

  end(): void {
    this.#timer?.cancel()
    this.#timer = null
  }

  #arm(): void {
    this.#dueAt = this.#clock.now() + EVERY_MS
    this.#timer = this.#clock.after(EVERY_MS, this.#onDue)
  }

  readonly #onDue = (): void => {
    // A timer of Node may fire up to a millisecond early.
    this.#delays.add(Math.max(0, this.#clock.now() - this.#dueAt) / 1_000)
    this.#arm()
  }
}
