/**
 * One look a second, shared by all who watch, and only while somebody does.
 *
 * Owned by the live channel. The first to watch starts the timer; it ends when the last has left, or with `end()`, and what had been seen is forgotten.
 * A look under way is never joined by another: the next begins a second after this one, or when it has been taken.
 */
import type { Clock, ClockTimer } from '../../base/clock.ts'
import type { Look, Point } from './wire.ts'

export interface LooksInit {
  readonly clock: Clock
  readonly everyMs: number
  /** Must end by itself. */
  readonly take: () => Promise<Look>
  readonly looksOnTaken: (look: Look) => void
  readonly looksOnError: (thrown: unknown) => void
}

/** Five minutes. */
export const POINTS_MAX = 300

export class Looks {
  readonly #init: LooksInit
  #viewers = 0
  /** Bounded by POINTS_MAX. */
  #points: Point[] = []
  #last: Look | null = null
  #timer: ClockTimer | null = null
  /** Each time that somebody begins to watch is another. */
  #watch = 0

  constructor(init: LooksInit) {
    this.#init = init
  }

  /** Is somebody watching? */
  get watched(): boolean {
    return this.#viewers > 0
  }

  get points(): readonly Point[] {
    return this.#points
  }

  get last(): Look | null {
    return this.#last
  }

  /** One more watches. The returned function, called once, ends that. */
  watch(): () => void {
    if (this.#viewers++ === 0) void this.#take(++this.#watch)
    return () => {
      if (--this.#viewers === 0) this.#stop()
    }
  }

  end(): void {
    this.#stop()
  }

  #stop(): void {
    this.#watch++
    this.#timer?.cancel()
    this.#timer = null
    this.#points = []
    this.#last = null
  }

  async #take(watch: number): Promise<void> {
    const { clock, everyMs, take, looksOnTaken, looksOnError } = this.#init
    const beganAt = clock.now()
    try {
      const look = await take()
      // Nobody watches any more, or somebody else does.
      if (watch !== this.#watch) return
      this.#last = look
      this.#points.push(look.point)
      if (this.#points.length > POINTS_MAX) this.#points.shift()
      looksOnTaken(look)
    } catch (thrown) {
      looksOnError(thrown)
    }
    if (watch !== this.#watch) return
    this.#timer = clock.after(Math.max(0, everyMs - (clock.now() - beganAt)), () => void this.#take(watch))
  }
}
