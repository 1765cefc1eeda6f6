/**
 * How long collections of garbage stopped this process, by kind. Owned by whoever made it; ends with `end()`: the observer is
 * disconnected, the numbers stay readable.
 */
import { constants, PerformanceObserver } from 'node:perf_hooks'
import { type BucketFigures, Buckets } from '../../base/buckets.ts'
import { GC_SECONDS } from './metric-table.ts'

const KINDS: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
}

export class GcPauses {
  readonly #kinds: Readonly<Record<string, Buckets>> = Object.fromEntries(
    Object.values(KINDS).map((kind) => [kind, new Buckets(GC_SECONDS)]),
  )
  readonly #observer = new PerformanceObserver((list) => {
    for (const { detail, duration } of list.getEntries() as { detail?: { kind?: number }; duration: number }[]) {
      this.#kinds[KINDS[detail?.kind ?? 0] ?? '']?.add(duration / 1_000)
    }
  })

  constructor() {
    this.#observer.observe({ entryTypes: ['gc'] })
  }

  figures(): Readonly<Record<string, BucketFigures>> {
    return Object.fromEntries(Object.entries(this.#kinds).map(([kind, pauses]) => [kind, pauses.figures()]))
  }

  end(): void {
    this.#observer.disconnect()
  }
}
