/**
 * Where time goes: V8's CPU profiler, for some seconds.
 *
 * Owned by the profiles of one server. Runs only while somebody asks: the session is made for one profile and ends with it, also when the client
 * has left or `end()` is called. Profilers of other sessions are not disturbed: V8 has as many as are wanted.
 */
import type { Clock } from '../../base/clock.ts'
import { type CpuProfiled, cpuSamples } from './cpu-samples.ts'
import { GiversUp } from './givers-up.ts'
import { InspectorSession } from './inspector-session.ts'
import { type PlainProfile, type Refused, refuse } from './plain-profile.ts'
import { waitSeconds } from './seconds.ts'
import type { SourceMaps } from './source-maps.ts'

/** A hundred samples in a second, as in Go. */
const INTERVAL_US = 10_000
const NS_PER_US = 1_000
const GONE = refuse(503, 'the profile was given up: its client has left, or the process no longer takes profiles')
const BUSY = refuse(409, 'a CPU profile is being taken: ask again when it is done')
const NO_INSPECTOR = refuse(501, 'this Node.js has no inspector, or may not use it')

export interface CpuProfileOptions {
  readonly clock: Clock
  readonly maps: SourceMaps
}

export class CpuProfile {
  readonly #clock: Clock
  readonly #maps: SourceMaps
  readonly #waiting = new GiversUp()
  #underWay = false

  constructor({ clock, maps }: CpuProfileOptions) {
    this.#clock = clock
    this.#maps = maps
  }

  async take(seconds: number, clientSignal: AbortSignal): Promise<PlainProfile | Refused> {
    const { signal, leave } = this.#waiting.join(clientSignal)
    try {
      return await this.#take(seconds, signal)
    } finally {
      leave()
    }
  }

  /** Whoever waits is refused, and nothing begins any more. */
  end(): void {
    this.#waiting.end()
  }

  async #take(seconds: number, signal: AbortSignal): Promise<PlainProfile | Refused> {
    if (this.#underWay) return BUSY
    if (signal.aborted) return GONE
    const session = InspectorSession.open()
    if (session === null) return NO_INSPECTOR
    this.#underWay = true
    let profiled: CpuProfiled | null = null
    try {
      session.ask('Profiler.enable')
      session.ask('Profiler.setSamplingInterval', { interval: INTERVAL_US })
      session.ask('Profiler.start')
      const whole = await waitSeconds(this.#clock, seconds, signal)
      if (whole) profiled = session.ask('Profiler.stop').profile as CpuProfiled
    } catch (thrown) {
      return refuse(501, `this Node.js cannot profile: ${(thrown as Error).message}`)
    } finally {
      // It takes the profiler with it.
      session.end()
      this.#underWay = false
    }
    return profiled === null ? GONE : this.#profile(profiled, signal)
  }

  async #profile(profiled: CpuProfiled, signal: AbortSignal): Promise<PlainProfile> {
    const samples = await cpuSamples(profiled, INTERVAL_US, this.#maps, signal)
    return {
      sampleTypes: [
        { type: 'samples', unit: 'count' },
        { type: 'cpu', unit: 'nanoseconds' },
      ],
      defaultType: 'cpu',
      ...{ periodType: { type: 'cpu', unit: 'nanoseconds' }, period: INTERVAL_US * NS_PER_US },
      ...{ wallMs: this.#clock.wallNow(), durationMs: (profiled.endTime - profiled.startTime) / 1_000, samples },
      comments: ['Of the thread of the event loop, without the time in which it had nothing to do.'],
    }
  }
}
