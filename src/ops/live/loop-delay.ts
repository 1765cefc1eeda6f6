/**
 * How late the event loop of this process is, measured by libuv in C, fifty times a second.
 *
 * Several may read it, the console and `holdfast top` say, each once a second: what was measured is told to all of them before it is forgotten.
 *
 * Owned by whoever looks at the process. Measures from the first `read()` until `rest()`: in between nothing runs, and a histogram without
 * its timer holds nothing.
 */
import { type IntervalHistogram, monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { Clock } from '../../base/clock.ts'
import type { LoopLook } from './wire.ts'

/** What is measured is how far apart two turns of its timer are: so long when nothing is late. */
const RESOLUTION_MS = 20
const NS_PER_MS = 1e6
/** More than half a second: of two who read once a second, one begins anew, and the other is told what it was told. */
const WINDOW_MS = 700

export class LoopDelay {
  readonly #clock: Clock
  #histogram: IntervalHistogram | null = null
  #before = performance.eventLoopUtilization()
  /** On the clock: when what is measured now began. */
  #since = 0
  #last: LoopLook | null = null

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Of the second before, or of the time since it was read last where that is longer; null the first time. */
  read(): LoopLook | null {
    const histogram = this.#histogram
    if (histogram === null) {
      this.#histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
      this.#histogram.enable()
      this.#begin()
      return null
    }
    const isWhole = this.#clock.now() - this.#since >= WINDOW_MS
    if (!isWhole && this.#last !== null) return this.#last
    const read = this.#measured(histogram)
    if (isWhole) {
      this.#last = read
      histogram.reset()
      this.#begin()
    }
    return read
  }

  rest(): void {
    this.#histogram?.disable()
    this.#histogram = null
    this.#last = null
  }

  #begin(): void {
    this.#before = performance.eventLoopUtilization()
    this.#since = this.#clock.now()
  }

  #measured(histogram: IntervalHistogram): LoopLook {
    const { idle, active } = performance.eventLoopUtilization(this.#before)
    const late = (ns: number): number => Math.max(0, Math.round((ns / NS_PER_MS - RESOLUTION_MS) * 10) / 10)
    // Where it was not measured even once it was stuck until just now.
    const look = histogram.count === 0 ? null : histogram
    return {
      ...{
        p50Ms: late(look?.percentile(50) ?? 0),
        p99Ms: late(look?.percentile(99) ?? 0),
        maxMs: late(look?.max ?? 0),
      },
      busy: active + idle === 0 ? 0 : active / (active + idle),
    }
  }
}
