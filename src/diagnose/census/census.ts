/**
 * The census of the ended: which objects that are over can still be reached, by kind and route, and which of that is a leak.
 *
 * Whoever makes it tells it what has ended (`watch`; for a server: census-of-server.ts). From then on it is watched, weakly.
 * A census collects garbage twice and counts what is left, each in a macrotask of its own: the target of a WeakRef lives until the
 * end of the job that made the reference or looked at it, so nothing is looked at before both collections are over.
 * One is taken when asked for; with `everyMs`, also by itself: when the collections are expected to stop the process for no
 * longer than allowed and the event loop has time; otherwise it counts what V8's own collections have left.
 *
 * Owned by whoever made it. Ends with `end()`: no timer, nothing watched, a census under way is refused.
 */
import { performance } from 'node:perf_hooks'
import type { Clock, ClockTimer } from '../../base/clock.ts'
import { HoldfastError } from '../../base/errors.ts'
import type { Collect } from '../../resilience/collect-garbage.ts'
import { PauseEstimate } from '../../resilience/pause-estimate.ts'
import { checkExpectation, type Expectation } from '../../server/expect-released.ts'
import { type CensusSettings, readCensusSettings } from './census-settings.ts'
import { fullCollection } from './full-collection.ts'
import { Growth, retainedOf } from './growth.ts'
import { OwnCollections } from './own-collections.ts'
import type { CensusLeak, CensusReport, CollectionWay } from './report.ts'
import { Watched } from './watched.ts'

/** What the census needs of the world. */
export interface CensusSources {
  readonly clock: Clock
  /** Told once for each group that leaks, and again when it has been gone in between. Must not throw. */
  readonly censusOnLeak: (leak: CensusLeak) => void
  /** What a test may want to own. */
  readonly collect?: Collect
  readonly heapUsed?: () => number
  readonly loop?: () => { readonly idle: number; readonly active: number }
  readonly random?: () => number
}

export interface WatchedAs {
  /** For example `connection`. */
  readonly kind: string
  /** The path a route was declared with. */
  readonly route: string
}

/** The kind of what users expect to be released. */
export const OBJECT = 'object'
/** The event loop has time when it was busy for less than this share since the last look. */
const BUSY_SHARE_MAX = 0.5
/** A collection of which nothing was heard for so long is given up. */
const COLLECT_MS = 60_000
/** Of the thresholds that users gave. What is beyond has the default. */
const THRESHOLDS_MAX = 1_000

export class Census {
  readonly #sources: CensusSources
  readonly #settings: CensusSettings
  readonly #watched: Watched
  readonly #growth: Growth
  readonly #pauses = new PauseEstimate()
  // Bounded by THRESHOLDS_MAX. Removed by: end().
  readonly #thresholds = new Map<string, number>()
  /** Null when there is no schedule. */
  readonly #own: OwnCollections | null
  #collect: Collect | null
  #timer: ClockTimer | null = null
  #loopBefore = { idle: 0, active: 0 }
  #underWay: Promise<CensusReport> | null = null
  #last: CensusReport | null = null
  #ended = false

  /** @throws HoldfastError HF_OPTION_UNKNOWN, HF_OPTION_INVALID */
  constructor(sources: CensusSources, settings: Partial<CensusSettings> = {}) {
    this.#sources = sources
    this.#settings = readCensusSettings(settings)
    this.#collect = sources.collect ?? null
    const { watchedMax, everyMs, patienceMs, rises } = this.#settings
    const pointsApartMs = everyMs > 0 ? everyMs / 2 : patienceMs / 4
    this.#watched = new Watched(watchedMax, sources.random ?? Math.random)
    const threshold = (kind: string, route: string): number => this.#threshold(kind, route)
    this.#growth = new Growth({ patienceMs, rises, pointsApartMs, threshold })
    this.#own = everyMs === 0 ? null : new OwnCollections(() => sources.clock.now())
    this.#loopBefore = this.#loop()
    this.#schedule()
  }

  /** It has ended just now. */
  watch(object: object, { kind, route }: WatchedAs): void {
    if (!this.#ended) this.#watched.add(object, kind, route, this.#sources.clock.now())
  }

  /** Users' own: nobody is to hold it from now on. The name groups it with others. @throws HoldfastError HF_OPTION_INVALID */
  expectReleased(object: object, name: string, expectation: Expectation = {}): void {
    checkExpectation(object, name, expectation)
    const { atMost } = expectation
    const { size } = this.#thresholds
    if (atMost !== undefined && (size < THRESHOLDS_MAX || this.#thresholds.has(name))) {
      this.#thresholds.set(name, atMost)
    }
    this.watch(object, { kind: OBJECT, route: name })
  }

  /** How many are watched; some of them may have gone. */
  get size(): number {
    return this.#watched.size
  }

  /** What the last one found, or null. */
  get last(): CensusReport | null {
    return this.#last
  }

  /** How long each of the two collections of a census would stop the process now. */
  get estimateMs(): number {
    return this.#pauses.of(this.#heapUsed())
  }

  /**
   * Takes one now, whatever it costs; who calls while one is under way gets that one.
   *
   * @throws HoldfastError HF_CENSUS_BLIND where this process cannot be made to collect; HF_ENDED when the census ends before
   */
  take(): Promise<CensusReport> {
    if (this.#ended) return Promise.reject(ended())
    if (this.#underWay === null) {
      const taken = this.#take().finally(() => {
        this.#underWay = null
      })
      this.#underWay = taken
    }
    return this.#underWay
  }

  end(): void {
    this.#ended = true
    this.#timer?.cancel()
    this.#timer = null
    this.#own?.end()
    this.#watched.clear()
    this.#growth.clear()
    this.#thresholds.clear()
    this.#collect = null
  }

  async #take(): Promise<CensusReport> {
    const beganAt = this.#sources.clock.now()
    await macrotask()
    this.#collect ??= fullCollection()
    const pauses = [await this.#collectOnce()]
    await macrotask()
    pauses.push(await this.#collectOnce())
    await macrotask()
    this.#refuseWhenEnded()
    return this.#count('asked', beganAt, pauses)
  }

  /** How long it stopped the process. */
  async #collectOnce(): Promise<number> {
    const collect = this.#collect
    if (collect === null) throw ended()
    const { clock } = this.#sources
    const heapUsed = this.#heapUsed()
    const beganAt = clock.now()
    const done = new Promise<void>((resolve, reject) => {
      let giveUp: (() => void) | null = null
      const late = clock.after(COLLECT_MS, () => {
        giveUp?.()
        reject(blind('a collection did not come to its end'))
      })
      giveUp = collect((failed) => {
        late.cancel()
        if (failed === null) resolve()
        else reject(blind(failed.message))
      })
      if (giveUp !== null) return
      late.cancel()
      reject(blind('this Node lets nobody collect garbage: no flags of V8, no inspector'))
    })
    await done
    const pauseMs = clock.now() - beganAt
    this.#pauses.learn(pauseMs, heapUsed)
    return pauseMs
  }

  #count(collections: CollectionWay, until: number, pauses: readonly number[]): CensusReport {
    const { clock, censusOnLeak } = this.#sources
    const beganAt = clock.now()
    const tallies = this.#watched.count(until, Math.min(until, beganAt - this.#settings.patienceMs))
    const now = clock.now()
    const all = [...pauses, now - beganAt]
    const judged = this.#growth.judge(tallies, now)
    const report: CensusReport = {
      takenAt: clock.wallNow(),
      collections,
      pauseMs: Math.max(...all),
      pausesMs: all.reduce((sum, ms) => sum + ms, 0),
      watched: this.#watched.size,
      sampledOneIn: this.#watched.sampledOneIn,
      retained: tallies.map((tally) => retainedOf(tally, now)).sort((a, b) => b.count - a.count),
      leaks: judged.map(({ leak }) => leak),
    }
    this.#last = report
    for (const { leak, isNew } of judged) if (isNew) censusOnLeak(leak)
    return report
  }

  #schedule(): void {
    const { everyMs } = this.#settings
    if (everyMs > 0 && !this.#ended) this.#timer = this.#sources.clock.after(everyMs, () => this.#onDue())
  }

  #onDue(): void {
    const isQuiet = this.#isQuiet()
    const fits = this.estimateMs <= this.#settings.pauseMaxMs
    if (this.#watched.size === 0 || this.#underWay !== null) this.#schedule()
    else if (fits && isQuiet) {
      // Whoever wants to know what it found listens for leaks, or asks for `last`; one that failed says so when asked for.
      this.take().then(
        () => this.#schedule(),
        () => this.#schedule(),
      )
    } else {
      if (!fits) this.#pauses.forgive()
      const proven = this.#own?.provenUntil ?? null
      // This is a job of its own: a timer's.
      if (proven !== null) this.#count('by itself', proven, [])
      this.#schedule()
    }
  }

  #isQuiet(): boolean {
    const before = this.#loopBefore
    const after = this.#loop()
    this.#loopBefore = after
    const busy = after.active - before.active
    return busy <= (busy + after.idle - before.idle) * BUSY_SHARE_MAX
  }

  #threshold(kind: string, route: string): number {
    if (kind !== OBJECT) return this.#settings.threshold
    return this.#thresholds.get(route) ?? this.#settings.objectThreshold
  }

  #heapUsed(): number {
    return this.#sources.heapUsed?.() ?? process.memoryUsage().heapUsed
  }

  #loop(): { readonly idle: number; readonly active: number } {
    return this.#sources.loop?.() ?? performance.eventLoopUtilization()
  }

  #refuseWhenEnded(): void {
    if (this.#ended) throw ended()
  }
}

function blind(why: string): HoldfastError {
  return new HoldfastError('HF_CENSUS_BLIND', { why })
}

function ended(): HoldfastError {
  return new HoldfastError('HF_ENDED', { what: 'the census', reason: 'end() was called' })
}

function macrotask(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
