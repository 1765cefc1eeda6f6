/**
 * What an admin port shows of a running server: its ledger, the work in it, and where the memory of its process is.
 *
 * Made for one server; ends with `end()`. Nothing personal is in any answer: names from the code, routes, counts and ages.
 */
import type { Clock } from '../base/clock.ts'
import { MemoryHistory } from '../diagnose/memory/history.ts'
import { readMemory } from '../diagnose/memory/read-memory.ts'
import { Profiles } from '../diagnose/pprof/profiles.ts'
import type { TaskSample } from '../diagnose/pprof/tasks-profile.ts'
import { Work } from '../diagnose/work/work.ts'
import type { ServerInternals } from '../server/internals.ts'
import { answer } from './admin-answer.ts'
import type { AdminRoute } from './admin-routes.ts'
import { PPROF_PATHS, pprofRoutes } from './pprof-mount.ts'

/** Of a server, what is shown. */
export interface DebugSource {
  readonly internals: Pick<ServerInternals, 'work' | 'observe'>
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
  '/debug/memory': [
    'GET',
    'yes',
    'Where the memory of the process is, as JSON: accounts that add up to its RSS, a sentence about them, and the last hour, a row for each minute. Takes some 50 ms at 15,000 connections, most of it beside the event loop.',
  ],
  ...PPROF_PATHS,
} as const satisfies Record<string, readonly [method: string, token: 'yes' | 'no', about: string]>

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
  readonly #history: MemoryHistory

  constructor({ clock, answerTimeoutMs, source, tasks }: DebugInit) {
    const work = source === null ? null : new Work(source.internals, () => clock.now())
    this.#work = work
    const connections = (): number => source?.connections() ?? 0
    this.#history = new MemoryHistory({ clock, read: () => readMemory(), connections })
    this.profiles = new Profiles({ clock })
    const samples = tasks ?? (work === null ? undefined : () => work.samples())
    this.routes = [
      memoryRoute(this.#history),
      ...pprofRoutes(this.profiles, samples === undefined ? {} : { tasks: samples }, answerTimeoutMs),
      ...(source === null ? [] : [ledgerRoute(source)]),
      ...(work === null ? [] : [workRoute(work)]),
    ]
  }

  end(): void {
    this.#work?.end()
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

function memoryRoute(history: MemoryHistory): AdminRoute {
  return {
    ...{ method: 'GET', path: '/debug/memory' },
    async handler() {
      const rows = history.rows()
      return answer.json({ ...(await readMemory(rows)), lastHour: rows })
    },
  }
}
