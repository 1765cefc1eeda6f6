/**
 * The full collections that V8 does in its own time: since when whatever still can be reached must have been reachable.
 *
 * For heaps whose collection would stop the process for too long. V8 marks while the program runs, so what is let go of
 * after it has begun may outlive one collection, and what was looked at meanwhile another: three after the end of an
 * object are proof. (A WeakRef as a canary would be cheaper, but Node 26 empties it in young collections.)
 *
 * Owned by a census with a schedule. Ends with `end()`.
 */
import { constants, PerformanceObserver } from 'node:perf_hooks'

const ENOUGH = 3

export class OwnCollections {
  readonly #now: () => number
  /** When the last ones were over. Bounded by ENOUGH. */
  readonly #overAt: number[] = []
  #observer: PerformanceObserver | null

  constructor(now: () => number) {
    this.#now = now
    this.#observer = new PerformanceObserver((list) => {
      for (const { detail } of list.getEntries() as { detail?: { kind?: number } }[]) {
        if (detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR) this.note()
      }
    })
    this.#observer.observe({ entryTypes: ['gc'] })
  }

  /** What could not be reached at this time has gone; null: nothing is known yet. */
  get provenUntil(): number | null {
    return this.#overAt.length < ENOUGH ? null : (this.#overAt[0] as number)
  }

  /** One is over. */
  note(): void {
    this.#overAt.push(this.#now())
    if (this.#overAt.length > ENOUGH) this.#overAt.shift()
  }

  end(): void {
    this.#observer?.disconnect()
    this.#observer = null
  }
}
