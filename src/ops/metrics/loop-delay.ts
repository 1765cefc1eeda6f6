/**
 * How late the event loop is: a timer every 20 ms that says how long after its time it fired. (Node's own monitor tells percentiles since
 * it was asked last, of which nobody can make a histogram that adds up over processes.) Where it fires so late that others would have been
 * due before, these are counted as well, each with what it would have waited: one number for a second that nobody got through would be
 * lost among those of all the time when nothing was wrong.
 *
 * Owned by whoever made it, with that timer, which keeps no process alive. Ends with `end()`; the numbers stay readable.
 */
import { type BucketFigures, Buckets } from '../../base/buckets.ts'
import type { Clock, ClockTimer } from '../../base/clock.ts'
import { LOOP_SECONDS } from './metric-table.ts'

const EVERY_MS = 20
/** Of a process that was stopped: it is no use to count for longer. */
const COUNTED_MAX = 3_000

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
    let lateMs = Math.max(0, this.#clock.now() - this.#dueAt)
    for (let counted = 0; lateMs >= 0 && counted < COUNTED_MAX; counted++, lateMs -= EVERY_MS) {
      this.#delays.add(lateMs / 1_000)
    }
    this.#arm()
  }
}
