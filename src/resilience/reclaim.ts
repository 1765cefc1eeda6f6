/**
 * Gives memory back to the machine after a wave: when many connections have come or gone, it has become calm, and the
 * event loop has time, it has the heap collected in the way that returns its empty pages.
 *
 * Without it V8 keeps them: of 15,000 connections that have left, most of the memory stays. It runs rarely (at most once
 * in `INTERVAL_MS`), never under load, and not when the pause is expected to be longer than allowed.
 *
 * Owned by the server. Armed on its wheel only from the first arrival or departure until it is calm again, so an idle
 * server has no timer. Ends with `end()`: no collection begins after it, and one under way is not waited for.
 */
import type { Clock } from '../base/clock.ts'
import { Deadline, type DeadlineOwner, type Wheel } from '../base/wheel.ts'
import type { Collect } from './collect-garbage.ts'
import { PauseEstimate } from './pause-estimate.ts'

const LOOK_MS = 1_000
/** Calm means that in so many looks there were fewer arrivals and departures than CALM_SHARE of the wave. */
const CALM_LOOKS = 3
const CALM_SHARE = 0.01
const INTERVAL_MS = 30_000
/** The loop is quiet when it was busy for less than this share of the time since the last look. */
const BUSY_SHARE_MAX = 0.5
/** 1,000 connections leave about 3 MiB behind: for less, a pause is not worth it. */
const WAVE_MIN = 1_000
/** The pause grows with the heap of those who stay, so the wave has to be worth it: at least this share of them. */
const WAVE_SHARE = 0.1
/** A collection of which nothing was heard for so long is given up. */
const COLLECT_MS = 10_000

/** What a reclaim found and did. */
export interface ReclaimReport {
  /** False: the pause was expected to be longer than `reclaimPauseMaxMs`, and nothing was done. Announced once. */
  readonly done: boolean
  /** From asking for the collection until it was over; 0 when nothing was done. */
  readonly pauseMs: number
  /** What it was expected to take. */
  readonly estimateMs: number
  readonly rssBeforeBytes: number
  readonly rssAfterBytes: number
  readonly heapTotalBeforeBytes: number
  readonly heapTotalAfterBytes: number
}

export interface ReclaimCounts {
  readonly done: number
  /** Not done, because the pause would have been too long. */
  readonly skipped: number
  /** How long all of them took, in milliseconds. */
  readonly pausedMs: number
  /** False when it is switched off, and after the first try where this Node has no inspector or may not use it. */
  readonly available: boolean
}

/** The counts where it is switched off. */
export const NO_RECLAIMS: ReclaimCounts = { done: 0, skipped: 0, pausedMs: 0, available: false }

export interface MemoryReading {
  readonly rss: number
  readonly heapTotal: number
  readonly heapUsed: number
}

/** Where the numbers come from; asked once a second, and only while something has changed. */
export interface ReclaimSources {
  readonly clock: Clock
  readonly wheel: Wheel
  readonly pauseMaxMs: number
  /** Counters that only grow, and how many there are now. */
  readonly arrivals: () => number
  readonly departures: () => number
  readonly present: () => number
  /** How long the event loop has been idle and busy, as `performance.eventLoopUtilization` says it. */
  readonly loop: () => { readonly idle: number; readonly active: number }
  readonly memory: () => MemoryReading
  readonly collect: Collect
  readonly onReclaim: (report: ReclaimReport) => void
}

export class Reclaim implements DeadlineOwner {
  readonly #sources: ReclaimSources
  readonly #look: Deadline = new Deadline(this)
  /** The counters at the last reclaim. */
  #arrivalsBefore = 0
  #departuresBefore = 0
  /** Both counters together, at each of the last looks. Bounded by CALM_LOOKS + 1. */
  #seen: number[] = []
  #loopBefore = { idle: 0, active: 0 }
  /** On the clock: the next one may begin. */
  #notBefore = Number.NEGATIVE_INFINITY
  readonly #pauses = new PauseEstimate()
  /** What is under way: gives it up. */
  #giveUp: (() => void) | null = null
  #skipAnnounced = false
  #done = 0
  #skipped = 0
  #pausedMs = 0
  #available = true
  #ended = false

  constructor(sources: ReclaimSources) {
    this.#sources = sources
  }

  /** Somebody has come or gone. Costs next to nothing while it is watching already. */
  wake(): void {
    if (this.#look.armed || this.#giveUp !== null || this.#ended || !this.#available) return
    this.#seen = [this.#total()]
    this.#loopBefore = this.#sources.loop()
    this.#sources.wheel.arm(this.#look, LOOK_MS)
  }

  counts(): ReclaimCounts {
    return { done: this.#done, skipped: this.#skipped, pausedMs: this.#pausedMs, available: this.#available }
  }

  end(): void {
    this.#ended = true
    this.#sources.wheel.cancel(this.#look)
    const giveUp = this.#giveUp
    this.#giveUp = null
    giveUp?.()
  }

  deadlineOnDue(): void {
    const { wheel, loop, clock } = this.#sources
    if (this.#giveUp !== null) {
      const giveUp = this.#giveUp
      this.#giveUp = null
      giveUp()
      this.#afterwards()
      return
    }
    const total = this.#total()
    this.#seen.push(total)
    if (this.#seen.length > CALM_LOOKS + 1) this.#seen.shift()
    const before = this.#loopBefore
    const after = loop()
    this.#loopBefore = after
    const wave = this.#wave()
    const calm = this.#seen.length > CALM_LOOKS && total - (this.#seen[0] as number) < wave * CALM_SHARE
    const still = this.#seen.length > CALM_LOOKS && total === this.#seen[0]
    if (wave < Math.max(WAVE_MIN, this.#sources.present() * WAVE_SHARE)) {
      // Not enough yet, and nothing happens: whoever comes or goes next wakes it.
      if (!still) wheel.arm(this.#look, LOOK_MS)
      return
    }
    if (calm && isQuiet(before, after) && clock.now() >= this.#notBefore) this.#reclaim()
    else wheel.arm(this.#look, LOOK_MS)
  }

  #total(): number {
    return this.#sources.arrivals() + this.#sources.departures()
  }

  /** How many have come, or gone, since the last time; somebody who did both counts once. */
  #wave(): number {
    const { arrivals, departures } = this.#sources
    return Math.max(arrivals() - this.#arrivalsBefore, departures() - this.#departuresBefore)
  }

  #reclaim(): void {
    const { clock, wheel, memory, collect, pauseMaxMs, arrivals, departures } = this.#sources
    const before = memory()
    const estimateMs = this.#pauses.of(before.heapUsed)
    const startedAt = clock.now()
    this.#notBefore = startedAt + INTERVAL_MS
    this.#arrivalsBefore = arrivals()
    this.#departuresBefore = departures()
    if (estimateMs > pauseMaxMs) {
      this.#skip(estimateMs, before)
      return
    }
    const giveUp = collect((failed) => {
      if (this.#giveUp === null) return
      this.#giveUp = null
      wheel.cancel(this.#look)
      if (failed === null) this.#finish(clock.now() - startedAt, estimateMs, before)
      this.#afterwards()
    })
    if (giveUp === null) {
      this.#available = false
      return
    }
    this.#giveUp = giveUp
    wheel.arm(this.#look, COLLECT_MS)
  }

  #finish(pauseMs: number, estimateMs: number, before: MemoryReading): void {
    this.#done++
    this.#pausedMs += pauseMs
    this.#skipAnnounced = false
    this.#pauses.learn(pauseMs, before.heapUsed)
    const after = this.#sources.memory()
    this.#sources.onReclaim({ done: true, pauseMs, estimateMs, ...difference(before, after) })
  }

  #skip(estimateMs: number, now: MemoryReading): void {
    this.#skipped++
    this.#pauses.forgive()
    if (this.#skipAnnounced) return
    this.#skipAnnounced = true
    this.#sources.onReclaim({ done: false, pauseMs: 0, estimateMs, ...difference(now, now) })
  }

  /** Who came or went during the collection found it not watching. */
  #afterwards(): void {
    if (this.#wave() > 0) this.wake()
  }
}

function isQuiet(before: { idle: number; active: number }, after: { idle: number; active: number }): boolean {
  const busy = after.active - before.active
  const all = busy + after.idle - before.idle
  return busy <= all * BUSY_SHARE_MAX
}

function difference(
  before: MemoryReading,
  after: MemoryReading,
): Omit<ReclaimReport, 'done' | 'pauseMs' | 'estimateMs'> {
  return {
    rssBeforeBytes: before.rss,
    rssAfterBytes: after.rss,
    heapTotalBeforeBytes: before.heapTotal,
    heapTotalAfterBytes: after.heapTotal,
  }
}
