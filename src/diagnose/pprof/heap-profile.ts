/**
 * Where memory is allocated: V8's sampling heap profiler, which looks at one allocation in about 512 KiB.
 *
 * Owned by the profiles of one server. Samples from `start()` or the first request on, until `end()`: sampling is an inspector
 * session that stays open. An isolate has one such sampler, so where another profiler has it, ours does not begin; if it stops
 * ours, the next request begins anew.
 *
 * - `live` is what has been allocated since then and is still there. V8 collects garbage before it says so.
 * - `allocated` is all that is allocated in some seconds, gone or not. V8 says either the one or the other, and keeps what is gone for as long as it
 *   samples, so for this the sampler begins anew, and once more after it: `live` knows no more of what was allocated before.
 */
import type { Clock } from '../../base/clock.ts'
import { GiversUp } from './givers-up.ts'
import { type HeapSample, type HeapSampled, heapSamples } from './heap-samples.ts'
import { InspectorRefusal, InspectorSession } from './inspector-session.ts'
import { isRefused, type PlainProfile, type ProfileSample, type Refused, refuse } from './plain-profile.ts'
import { SAMPLE_INTERVAL_BYTES } from './sample-objects.ts'
import { waitSeconds } from './seconds.ts'
import type { SourceMaps } from './source-maps.ts'

/** The first one to ask starts the sampler, and would see nothing at once. */
export const FIRST_SECONDS = 10
const GONE = refuse(503, 'the profile was given up: its client has left, or the process no longer takes profiles')
const TAKEN = refuse(409, 'another heap profiler runs in this process: stop it, then ask again')
const STOPPED = refuse(409, 'another profiler has stopped the heap sampler: ask again, and it begins anew')
const NO_INSPECTOR = refuse(501, 'this Node.js has no inspector, or may not use it')

export interface HeapProfileOptions {
  readonly clock: Clock
  readonly maps: SourceMaps
  readonly intervalBytes?: number
}

/** A sampler that runs. */
interface Sampling {
  readonly session: InspectorSession
  /** On the clock. */
  readonly since: number
}

export class HeapProfile {
  readonly #clock: Clock
  readonly #maps: SourceMaps
  readonly #intervalBytes: number
  readonly #waiting = new GiversUp()
  #sampling: Sampling | null = null
  /** What takes some seconds: one at a time. */
  #underWay: 'heap' | 'allocs' | null = null

  constructor({ clock, maps, intervalBytes = SAMPLE_INTERVAL_BYTES }: HeapProfileOptions) {
    this.#clock = clock
    this.#maps = maps
    this.#intervalBytes = intervalBytes
  }

  get sampling(): boolean {
    return this.#sampling !== null
  }

  /** Begins to sample, so that the first to ask sees all since now. Null: it samples. */
  start(): Refused | null {
    if (this.#waiting.ended) return GONE
    if (this.#sampling !== null) return null
    const begun = this.#begin({})
    if (isRefused(begun)) return begun
    this.#sampling = begun
    return null
  }

  /**
   * What is alive, of all that was allocated since the sampler runs.
   *
   * @param seconds null: now; otherwise what has come and gone in these seconds
   * @param firstSeconds how long the first waits who asks for now
   */
  async live(
    seconds: number | null,
    clientSignal: AbortSignal,
    firstSeconds = FIRST_SECONDS,
  ): Promise<PlainProfile | Refused> {
    const { signal, leave } = this.#waiting.join(clientSignal)
    try {
      return await this.#live(seconds, signal, firstSeconds)
    } finally {
      leave()
    }
  }

  /** All that is allocated in these seconds, whether it is still there or not. */
  async allocated(seconds: number, clientSignal: AbortSignal): Promise<PlainProfile | Refused> {
    const { signal, leave } = this.#waiting.join(clientSignal)
    try {
      return await this.#allocated(seconds, signal)
    } finally {
      leave()
    }
  }

  /** Stops sampling; whoever waits is refused. */
  end(): void {
    this.#waiting.end()
    this.#stop()
  }

  async #live(seconds: number | null, signal: AbortSignal, firstSeconds: number): Promise<PlainProfile | Refused> {
    if (this.#underWay === 'allocs' || (this.#underWay !== null && seconds !== null)) return this.#busy()
    const isFirst = this.#sampling === null
    const refused = this.start()
    if (refused !== null) return refused
    const wait = seconds ?? (isFirst ? firstSeconds : 0)
    if (wait === 0) return this.#liveNow(null, signal)
    if (this.#underWay !== null) return this.#busy()
    const before = seconds === null ? null : this.#read()
    if (before !== null && isRefused(before)) return before
    this.#underWay = 'heap'
    try {
      if (!(await waitSeconds(this.#clock, wait, signal))) return GONE
      return await this.#liveNow(before === null ? null : { sampled: before, seconds: wait }, signal)
    } finally {
      this.#underWay = null
    }
  }

  async #allocated(seconds: number, signal: AbortSignal): Promise<PlainProfile | Refused> {
    if (this.#underWay !== null) return this.#busy()
    if (signal.aborted) return GONE
    const wasSampling = this.#sampling !== null
    this.#stop()
    const begun = this.#begin({ includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true })
    if (isRefused(begun)) {
      if (wasSampling) this.start()
      return begun
    }
    this.#sampling = begun
    this.#underWay = 'allocs'
    let sampled: HeapSampled | Refused = GONE
    try {
      if (await waitSeconds(this.#clock, seconds, signal)) sampled = this.#read()
    } finally {
      this.#underWay = null
      this.#stop()
      if (wasSampling) this.start()
    }
    if (isRefused(sampled)) return sampled
    const samples = await this.#samplesOf(sampled, sampled.samples, 1, signal)
    return this.#profile('alloc', samples, seconds * 1000, [
      `All allocations of ${seconds} s, those that are gone too.`,
    ])
  }

  async #liveNow(
    before: { readonly sampled: HeapSampled; readonly seconds: number } | null,
    signal: AbortSignal,
  ): Promise<PlainProfile | Refused> {
    const after = this.#read()
    if (isRefused(after)) return after
    const sampledMs = this.#clock.now() - (this.#sampling?.since ?? 0)
    const since = `sampled for ${Math.round(sampledMs / 1000)} s; what was allocated before is not in it`
    if (before === null) {
      const samples = await this.#samplesOf(after, after.samples, 1, signal)
      return this.#profile('inuse', samples, 0, [`Alive, ${since}.`])
    }
    // A sample keeps its number for as long as the sampler runs.
    const numbersBefore = new Set(before.sampled.samples.map(({ ordinal }) => ordinal))
    const numbersAfter = new Set(after.samples.map(({ ordinal }) => ordinal))
    const come = after.samples.filter(({ ordinal }) => !numbersBefore.has(ordinal))
    const gone = before.sampled.samples.filter(({ ordinal }) => !numbersAfter.has(ordinal))
    const samples = [
      ...(await this.#samplesOf(after, come, 1, signal)),
      ...(await this.#samplesOf(before.sampled, gone, -1, signal)),
    ]
    return this.#profile('inuse', samples, before.seconds * 1000, [
      `What has come (and, less than 0, gone) in ${before.seconds} s; ${since}.`,
    ])
  }

  #begin(flags: object): Sampling | Refused {
    const session = InspectorSession.open()
    if (session === null) return NO_INSPECTOR
    try {
      // V8 answers a second start with yes and does nothing, and the second stop would stop the first: so ask before.
      session.ask('HeapProfiler.getSamplingProfile')
      session.end()
      return TAKEN
    } catch {
      // There is none: what we hoped for.
    }
    try {
      session.ask('HeapProfiler.startSampling', { samplingInterval: this.#intervalBytes, ...flags })
      return { session, since: this.#clock.now() }
    } catch (thrown) {
      session.end()
      return unable(thrown)
    }
  }

  #read(): HeapSampled | Refused {
    if (this.#sampling === null) return this.#waiting.ended ? GONE : STOPPED
    try {
      return this.#sampling.session.ask('HeapProfiler.getSamplingProfile').profile as HeapSampled
    } catch (thrown) {
      this.#stop()
      return thrown instanceof InspectorRefusal ? STOPPED : unable(thrown)
    }
  }

  #stop(): void {
    const sampling = this.#sampling
    this.#sampling = null
    // The session takes the sampler with it.
    sampling?.session.end()
  }

  #busy(): Refused {
    return refuse(409, `a profile "${this.#underWay}" is being taken: ask again when it is done`)
  }

  #samplesOf(
    sampled: HeapSampled,
    given: readonly HeapSample[],
    sign: 1 | -1,
    signal: AbortSignal,
  ): Promise<ProfileSample[]> {
    return heapSamples(sampled, given, { sign, intervalBytes: this.#intervalBytes, maps: this.#maps, signal })
  }

  #profile(
    kind: 'inuse' | 'alloc',
    samples: readonly ProfileSample[],
    durationMs: number,
    comments: readonly string[],
  ): PlainProfile {
    return {
      sampleTypes: [
        { type: `${kind}_objects`, unit: 'count' },
        { type: `${kind}_space`, unit: 'bytes' },
      ],
      defaultType: `${kind}_space`,
      ...{ periodType: { type: 'space', unit: 'bytes' }, period: this.#intervalBytes },
      ...{ wallMs: this.#clock.wallNow(), durationMs, samples },
      comments: [
        ...comments,
        'Of the heap of JavaScript: the bytes of buffers are not in it. The number of objects is an estimate.',
      ],
    }
  }
}

function unable(thrown: unknown): Refused {
  return refuse(501, `this Node.js cannot sample its heap: ${(thrown as Error).message}`)
}
