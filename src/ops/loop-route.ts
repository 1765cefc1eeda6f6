/**
 * `/debug/loop`: how late the event loop is, and how much of the time it is busy, since somebody asked last. Measured only while
 * somebody asks: the first question begins it, and when nobody has asked for a while it ends.
 *
 * Made for one process; ends with `end()`.
 */
import { type EventLoopUtilization, type IntervalHistogram, monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { Clock, ClockTimer } from '../base/clock.ts'
import { answer } from './admin-answer.ts'
import type { AdminRoute } from './admin-routes.ts'

/** What it answers. */
export interface LoopReport {
  /** So long ago somebody asked; 0: nobody has, lately. */
  readonly sinceMs: number
  /** Null when nothing is known yet. */
  readonly delayMs: { readonly p50: number; readonly p99: number; readonly max: number } | null
  /** The share of the time in which it had something to do, from 0 to 1; null as long as it is not known. */
  readonly utilization: number | null
}

const RESOLUTION_MS = 20
const PATIENCE_MS = 15_000

export class LoopRoute {
  readonly route: AdminRoute = {
    method: 'GET',
    path: '/debug/loop',
    handler: async () => answer.json(await this.look()),
  }
  readonly #clock: Clock
  #histogram: IntervalHistogram | null = null
  #utilization: EventLoopUtilization | null = null
  #askedAt = 0
  #patience: ClockTimer | null = null

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** What is measured is written down by a timer: who asks right behind a long turn has to let that come first. */
  async look(): Promise<LoopReport> {
    await new Promise<void>((resolve) => this.#clock.after(2 * RESOLUTION_MS, resolve))
    return this.report()
  }

  report(): LoopReport {
    const now = this.#clock.now()
    const [histogram, before] = [this.#histogram, this.#utilization]
    const current = performance.eventLoopUtilization()
    const report: LoopReport = {
      sinceMs: histogram === null ? 0 : Math.round(now - this.#askedAt),
      delayMs: histogram === null || histogram.max === 0 ? null : delaysOf(histogram),
      utilization: before === null ? null : round(performance.eventLoopUtilization(current, before).utilization, 1_000),
    }
    if (histogram === null) {
      this.#histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
      this.#histogram.enable()
    } else histogram.reset()
    this.#utilization = current
    this.#askedAt = now
    this.#patience?.cancel()
    this.#patience = this.#clock.after(PATIENCE_MS, () => this.end())
    return report
  }

  end(): void {
    this.#patience?.cancel()
    this.#patience = null
    this.#histogram?.disable()
    this.#histogram = null
    this.#utilization = null
  }
}

/** Node measures the time between two of its timers: what is beyond their interval is the delay. */
function delaysOf(histogram: IntervalHistogram): LoopReport['delayMs'] {
  const ms = (nanoseconds: number): number => round(Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS), 10)
  return { p50: ms(histogram.percentile(50)), p99: ms(histogram.percentile(99)), max: ms(histogram.max) }
}

function round(value: number, parts: number): number {
  return Math.round(value * parts) / parts
}
