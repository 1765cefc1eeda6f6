/**
 * How much room the process has: memory it can still get, and how late its event loop is.
 *
 * Looks only when asked and at most every `SAMPLE_MS`; in between the last answer holds. A process that nobody asks has no
 * timer. Owned by the server, which ends it with `end()`.
 */
import type { Clock, ClockTimer } from '../base/clock.ts'

export interface HeadroomSources {
  readonly clock: Clock
  /** Bytes the process can still get. */
  memory(): number
}

export const SAMPLE_MS = 500
/** So far ahead its timer is set, whose lateness is the delay of the loop. */
const AHEAD_MS = 10
/** A measured delay says nothing any more after so long. */
const STALE_MS = 2 * SAMPLE_MS

export class Headroom {
  readonly #sources: HeadroomSources
  #memoryBytes = 0
  #memoryAt = Number.NEGATIVE_INFINITY
  #timer: ClockTimer | null = null
  #dueAt = 0
  #lateMs = 0
  #measuredAt = Number.NEGATIVE_INFINITY
  #ended = false

  constructor(sources: HeadroomSources) {
    this.#sources = sources
  }

  /** Bytes the process can still get, at most `SAMPLE_MS` old. */
  memoryBytes(): number {
    const now = this.#sources.clock.now()
    if (now - this.#memoryAt >= SAMPLE_MS) {
      this.#memoryAt = now
      this.#memoryBytes = this.#sources.memory()
    }
    return this.#memoryBytes
  }

  /** How late the loop is, in milliseconds; 0 as long as it is not known. Asking has it measured. */
  loopDelayMs(): number {
    const now = this.#sources.clock.now()
    if (this.#timer === null && now - this.#measuredAt >= SAMPLE_MS && !this.#ended) {
      this.#dueAt = now + AHEAD_MS
      this.#timer = this.#sources.clock.after(AHEAD_MS, this.#timerOnDue)
    }
    const measured = now - this.#measuredAt < STALE_MS ? this.#lateMs : 0
    // A timer that should have fired says so before it does.
    return this.#timer === null ? measured : Math.max(measured, now - this.#dueAt)
  }

  end(): void {
    this.#ended = true
    this.#timer?.cancel()
    this.#timer = null
  }

  readonly #timerOnDue = (): void => {
    this.#timer = null
    this.#measuredAt = this.#sources.clock.now()
    this.#lateMs = Math.max(0, this.#measuredAt - this.#dueAt)
  }
}
