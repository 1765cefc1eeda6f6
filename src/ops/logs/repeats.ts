/**
 * What repeats: so many lines of one kind in a window, the rest is counted and told at its end.
 *
 * Owned by one log. There is one timer for all kinds, and none while nothing was written. Ends with `end()`, which tells what is still
 * to be told.
 */
import type { Clock, ClockTimer } from '../../base/clock.ts'
import type { LogLevel } from './log-entry.ts'

export interface RepeatsInit {
  readonly clock: Clock
  readonly max: number
  readonly windowMs: number
  /** Told at the end of a window, once for each kind of which lines were left out. */
  repeatsOnLeftOut(kind: string, level: LogLevel, count: number): void
}

interface Seen {
  /** Of the first. */
  readonly level: LogLevel
  written: number
  leftOut: number
}

/** Kinds come from the code, so there are few; whatever happens, no more than this. */
const KINDS_MAX = 500
const OTHERS = 'others'

export class Repeats {
  readonly #init: RepeatsInit
  // Removed by: the end of the window. Bounded by KINDS_MAX.
  readonly #seen = new Map<string, Seen>()
  #timer: ClockTimer | null = null

  constructor(init: RepeatsInit) {
    this.#init = init
  }

  /** May one more line of this kind be written now? If not, it is counted. */
  allows(kind: string, level: LogLevel): boolean {
    const seen = this.#of(kind, level)
    if (seen.written < this.#init.max) {
      seen.written++
      return true
    }
    seen.leftOut++
    return false
  }

  end(): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#tell()
  }

  #of(kind: string, level: LogLevel): Seen {
    const known = this.#seen.get(kind)
    if (known !== undefined) return known
    if (this.#seen.size >= KINDS_MAX && kind !== OTHERS) return this.#of(OTHERS, level)
    const seen = { level, written: 0, leftOut: 0 }
    this.#seen.set(kind, seen)
    this.#timer ??= this.#init.clock.after(this.#init.windowMs, () => {
      this.#timer = null
      this.#tell()
    })
    return seen
  }

  #tell(): void {
    const seen = [...this.#seen]
    this.#seen.clear()
    for (const [kind, { level, leftOut }] of seen) if (leftOut > 0) this.#init.repeatsOnLeftOut(kind, level, leftOut)
  }
}
