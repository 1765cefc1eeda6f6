/**
 * How late the event loop of this process is, measured by libuv in C, fifty times a second.
 *
 * Owned by whoever looks at the process. Measures from the first `read()` until `rest()`: in between nothing runs, and a histogram without
 * its timer holds nothing.
 */
import { type IntervalHistogram, monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { LoopLook } from './wire.ts'

/** What is measured is how far apart two turns of its timer are: so long when nothing is late. */
const RESOLUTION_MS = 20
const NS_PER_MS = 1e6

export class LoopDelay {
  #histogram: IntervalHistogram | null = null
  #before = performance.eventLoopUtilization()

  /** Since the last time it was read; null the first time. */
  read(): LoopLook | null {
    const before = this.#before
    const now = performance.eventLoopUtilization()
    this.#before = now
    const histogram = this.#histogram
    if (histogram === null) {
      this.#histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
      this.#histogram.enable()
      return null
    }
    const { idle, active } = performance.eventLoopUtilization(now, before)
    const late = (ns: number): number => Math.max(0, Math.round((ns / NS_PER_MS - RESOLUTION_MS) * 10) / 10)
    // Where it was not measured even once it was stuck until just now.
    const look = histogram.count === 0 ? null : histogram
    const read = {
      ...{
        p50Ms: late(look?.percentile(50) ?? 0),
        p99Ms: late(look?.percentile(99) ?? 0),
        maxMs: late(look?.max ?? 0),
      },
      busy: active + idle === 0 ? 0 : active / (active + idle),
    }
    histogram.reset()
    return read
  }

  rest(): void {
    this.#histogram?.disable()
    this.#histogram = null
  }
}
