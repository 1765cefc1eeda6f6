/**
 * What an admin port shows of a running server: its ledger, the work in it, what is over and still reachable, where the memory of
 * its process is, and profiles. A leak that a census finds is announced on the diagnostics channel `holdfast:leak`.
 *
 * Made for one server; ends with `end()`. Nothing personal is in any answer: names from the code, routes, counts and ages.
 */
import { channel } from 'node:diagnostics_channel'
import type { Clock } from '../base/clock.ts'
import { Census } from '../diagnose/census/census.ts'
import { censusOfServer } from '../diagnose/census/census-of-server.ts'
import { MemoryHistory } from '../diagnose/memory/history.ts'
import { readMemory } from '../diagnose/memory/read-memory.ts'
import { Profiles } from '../diagnose/pprof/profiles.ts'
import type { TaskSample } from '../diagnose/pprof/tasks-profile.ts'
import { Work } from '../diagnose/work/work.ts'
import type { ServerInternals } from '../server/internals.ts'
import type { Server } from '../server/server.ts'
import { answer } from './admin-answer.ts'
import type { AdminRoute } from './admin-routes.ts'
import { PPROF_PATHS, pprofRoutes } from './pprof-mount.ts'

/** Of a server, what is shown. */
export interface DebugSource {
  readonly internals: Pick<ServerInternals, 'work' | 'observe'>
  readonly on: Server['on']
  /** How many connections are open. */
  connections(): number
  ledger(): object
  checkKernel(): Promise<object>
}

/** `docs/reference/admin.md` is made from it. */
export const DEBUG_PATHS = {
  '/debug/ledger': [
    'GET',
    'yes',
    'What began and ended, as JSON: `server.ledger()`. With `?kernel=1` also what the kernel says of the sockets, which reads the links of all descriptors.',
  ],
  '/debug/work': [
    'GET',
    'yes',
    'What connections hold and run, by route, kind and name, with its lines in the code, as JSON: timers, listeners, tasks; handlers that run, that are past their deadline, that have outlived their connection; and what was collected while it waited for what can never come.',
  ],
  '/debug/census': [
    'GET',
    'yes',
    'Which connections and upgrade requests are over and still reachable, by route and age, as JSON: what the last census found; one is taken every five minutes when its pause is expected to be short. With `?gc=1` one is taken now: it collects garbage twice, which stops the process for about `estimateMs` each time. A leak is announced once, on the diagnostics channel `holdfast:leak`.',
  ],
  '/debug/memory': [
    'GET',
    'yes',
    'Where the memory of the process is, as JSON: accounts that add up to its RSS, a sentence about them, and the last hour, a row for each minute. Takes some 50 ms at 15,000 connections, most of it beside the event loop.',
  ],
  ...PPROF_PATHS,
} as const satisfies Record<string, readonly [method: string, token: 'yes' | 'no', about: string]>

const LEAKS = channel('holdfast:leak')

export interface DebugInit {
  readonly clock: Clock
  /** Of the port: nothing moves on a connection while a profile is taken. */
  readonly answerTimeoutMs: number
  /** Null: there is only the process to look at. */
  readonly source: DebugSource | null
  /** What is under way, for the profile `tasks`, instead of what the server knows. */
  readonly tasks?: () => readonly TaskSample[]
}

export class DebugRoutes {
  readonly routes: readonly AdminRoute[]
  readonly profiles: Profiles
  readonly #work: Work | null
  readonly #census: Census | null
  readonly #untie: (() => void) | null
  readonly #history: MemoryHistory

  constructor({ clock, answerTimeoutMs, source, tasks }: DebugInit) {
    const work = source === null ? null : new Work(source.internals, () => clock.now())
    this.#work = work
    const census = source === null ? null : new Census({ clock, censusOnLeak: (leak) => LEAKS.publish(leak) })
    this.#census = census
    this.#untie = source === null || census === null ? null : censusOfServer(source, census)
    const connections = (): number => source?.connections() ?? 0
    this.#history = new MemoryHistory({ clock, read: () => readMemory(), connections })
    this.profiles = new Profiles({ clock })
    const samples = tasks ?? (work === null ? undefined : () => work.samples())
    this.routes = [
      memoryRoute(this.#history),
      ...pprofRoutes(this.profiles, samples === undefined ? {} : { tasks: samples }, answerTimeoutMs),
      ...(source === null ? [] : [ledgerRoute(source)]),
      ...(work === null ? [] : [workRoute(work)]),
      ...(census === null ? [] : [censusRoute(census)]),
    ]
  }

  end(): void {
    this.#work?.end()
    this.#untie?.()
    this.#census?.end()
    this.#history.end()
    this.profiles.end()
  }
}

function ledgerRoute(source: DebugSource): AdminRoute {
  return {
    ...{ method: 'GET', path: '/debug/ledger' },
    async handler({ query }) {
      const ledger = source.ledger()
      return answer.json(query.get('kernel') === '1' ? { ...ledger, kernel: await source.checkKernel() } : ledger)
    },
  }
}

function workRoute(work: Work): AdminRoute {
  return { method: 'GET', path: '/debug/work', handler: () => answer.json(work.report()) }
}

function censusRoute(census: Census): AdminRoute {
  return {
    ...{ method: 'GET', path: '/debug/census' },
    async handler({ query }) {
      const report = query.get('gc') === '1' ? await census.take() : census.last
      return answer.json({ watchedNow: census.size, estimateMs: Math.round(census.estimateMs), report })
    },
  }
}

function memoryRoute(history: MemoryHistory): AdminRoute {
  return {
    ...{ method: 'GET', path: '/debug/memory' },
    async handler() {
      const rows = history.rows()
      return answer.json({ ...(await readMemory(rows)), lastHour: rows })
    },
  }
}
