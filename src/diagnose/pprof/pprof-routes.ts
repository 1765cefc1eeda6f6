/**
 * What is answered below `/debug/pprof/`, for any HTTP server to mount: a path and a function from a query to bytes or a refusal.
 * Holds nothing; what it asks for is owned by the `Profiles` it is given.
 */
import { basename } from 'node:path'
import { encodeProfile } from './encode.ts'
import { FIRST_SECONDS } from './heap-profile.ts'
import { indexPage } from './index-page.ts'
import { isRefused, type PlainProfile, type Refused } from './plain-profile.ts'
import type { Profiles } from './profiles.ts'
import { secondsOf } from './seconds.ts'
import { type TaskSample, tasksProfile } from './tasks-profile.ts'

export const PPROF_PATH = '/debug/pprof/'
const PROFILE_TYPE = 'application/octet-stream'
const PAGE_TYPE = 'text/html; charset=utf-8'
const ALLOCS_SECONDS = 10
const CPU_SECONDS = 30
const SECONDS_MAX = 300

/** What there is. `docs/reference/admin.md` is made from it. */
export const PPROF_PROFILES = {
  heap: {
    about:
      'Objects that are alive, by where they were allocated, of those allocated since the sampler runs: that is since the first request, which therefore takes 10 s, or from the start on with `pprof: { heapFromStart: true }`. With `?seconds=N`: what has come and gone in N seconds.',
    cost: 'While the sampler runs, one allocation in 512 KiB is recorded: lost in the noise, even of a loop that only allocates. Each request collects garbage: a pause of 1 to 2 ms for each MiB that is alive, longer where processors are busy.',
  },
  allocs: {
    about: 'All that is allocated in the next `?seconds=N` (10), whether it is still there afterwards or not.',
    cost: 'The sampler keeps a record of what is gone, too, and a pause as for heap. What heap knew is lost: it begins anew.',
  },
  profile: {
    about: 'Where the time of the event loop goes in the next `?seconds=N` (30).',
    cost: 'The thread is interrupted 100 times in a second; beginning and ending are pauses that grow with the amount of code.',
  },
  tasks: {
    about: 'Tasks, timers and listeners that are held, by where they were begun, with their kind and route as tags.',
    cost: 'One walk over all that is held.',
  },
} as const

export interface PprofSources {
  /** What is under way. Not given: there is no profile `tasks`. */
  readonly tasks?: () => readonly TaskSample[]
  /** The longest that may be asked for; default 300. */
  readonly secondsMax?: number
  /** What tools show as the file that was profiled; default the name of the main script. */
  readonly program?: string
}

export interface PprofAnswer {
  readonly bytes: Uint8Array
  /** Its Content-Type. */
  readonly type: string
}

export interface PprofHandler {
  /** Such as `/debug/pprof/heap`. */
  readonly path: string
  readonly about: string
  readonly cost: string
  /** Never throws for what a client asks; gives up when the signal aborts. */
  handle(query: URLSearchParams, signal: AbortSignal): Promise<PprofAnswer | Refused>
}

type Take = (seconds: number | null, signal: AbortSignal) => Promise<PlainProfile | Refused>

export function pprofHandlers(profiles: Profiles, sources: PprofSources = {}): PprofHandler[] {
  const { tasks, secondsMax = SECONDS_MAX, program = basename(process.argv[1] ?? process.execPath) } = sources
  const { heap, cpu, clock } = profiles
  const within = (seconds: number): number => Math.min(seconds, secondsMax)
  const takes: Partial<Record<keyof typeof PPROF_PROFILES, Take>> = {
    heap: (seconds, signal) => heap.live(seconds, signal, within(FIRST_SECONDS)),
    allocs: (seconds, signal) => heap.allocated(seconds ?? within(ALLOCS_SECONDS), signal),
    profile: (seconds, signal) => cpu.take(seconds ?? within(CPU_SECONDS), signal),
    ...(tasks === undefined ? {} : { tasks: async () => tasksProfile(tasks(), clock.wallNow()) }),
  }
  const names = Object.keys(takes) as (keyof typeof PPROF_PROFILES)[]
  const page = indexPage(names.map((name) => ({ name, ...PPROF_PROFILES[name] })))
  return [
    {
      ...{ path: PPROF_PATH, about: 'A page that lists the profiles.', cost: 'Nothing.' },
      handle: async () => ({ bytes: Buffer.from(page), type: PAGE_TYPE }),
    },
    ...names.map((name) => ({
      ...{ path: `${PPROF_PATH}${name}`, ...PPROF_PROFILES[name] },
      async handle(query: URLSearchParams, signal: AbortSignal): Promise<PprofAnswer | Refused> {
        const seconds = secondsOf(query, secondsMax)
        if (seconds !== null && typeof seconds === 'object') return seconds
        const taken = await (takes[name] as Take)(seconds, signal)
        if (isRefused(taken)) return taken
        return { bytes: await encodeProfile(taken, program), type: PROFILE_TYPE }
      },
    })),
  ]
}
