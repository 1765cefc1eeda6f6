/**
 * What an admin port shows of a running server: its ledger, the work in it, what happened to its connections, what is over and still
 * reachable, where the memory of its process is, and profiles. A leak that a census finds is announced by the server, as its event `leak`.
 *
 * Made for one server; ends with `end()`. Nothing personal is in any answer: names from the code, routes, ids, counts and times.
 */
import type { Clock } from '../base/clock.ts'
import { Census } from '../diagnose/census/census.ts'
import { censusOfServer } from '../diagnose/census/census-of-server.ts'
import type { CensusSettings } from '../diagnose/census/census-settings.ts'
import type { CensusLeak } from '../diagnose/census/report.ts'
import { MemoryHistory } from '../diagnose/memory/history.ts'
import { readMemory } from '../diagnose/memory/read-memory.ts'
import { Profiles } from '../diagnose/pprof/profiles.ts'
import { type TimelineSource, Timelines } from '../diagnose/timeline/timelines.ts'
import { Work, type WorkSource } from '../diagnose/work/work.ts'
import type { ServerInternals } from '../server/internals.ts'
import type { Server } from '../server/server.ts'
import { answer } from './admin-answer.ts'
import { refuseElsewhere } from './admin-guard.ts'
import type { AdminRoute } from './admin-routes.ts'
import { connectionRoutes } from './connection-routes.ts'
import { COLLECT_PATHS, collectRoute } from './live/collect-route.ts'
import { LOOK_PATHS, lookRoute } from './live/look-route.ts'
import { type LookedAt, ProcessLooker } from './live/process-looker.ts'
import { metricsRoute } from './metrics/exposition.ts'
import { ServerMetrics } from './metrics/server-metrics.ts'
import { PPROF_PATHS, pprofRoutes } from './pprof-mount.ts'
import { SNAPSHOT_PATHS, SnapshotRoutes } from './snapshot-routes.ts'

/** Of a server, what is shown. */
export interface DebugSource {
  readonly internals: WorkSource &
    TimelineSource &
    Pick<ServerInternals, 'leakAnnouncer' | 'countTraffic' | 'figures' | 'notReady'>
  readonly on: Server['on']
  readonly ready: () => boolean
  readonly rooms: () => number
  readonly users: () => number
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
    'What connections hold and run, by route, kind and name, as JSON, with lines in the code of what was put there since the port was opened, and where the routes of the handlers were declared: timers, listeners, tasks; handlers that run, that are past their deadline, that have outlived their connection; and, after a collection of garbage, what waited for what can never come.',
  ],
  '/debug/connections': [
    'GET',
    'yes',
    'Connections, as JSON: counts first, then those that are there, newest first, then the last 1,000 that ended since the port was opened, latest first, each with the reason in words. `?route=`, `?state=` (`open`, `draining`, `closing`, `moving`; `closed` and `moved` for the ended), `?search=` part of an id, a route, or the cause of an end, `?limit=` of each (100; at most 1,000), `?offset=` so many are left out first. Nothing of any client is in it.',
  ],
  '/debug/connections/:id': [
    'GET',
    'yes',
    'One of them with its timeline: first message in and out, reading paused, slow reader, drops, handlers that failed or were overdue, moves, how it ended; 404 when it is not known, any more or here.',
  ],
  '/debug/census': [
    'GET',
    'yes',
    'Which connections, upgrade requests and objects given to `server.expectReleased()` are over and still reachable, by route or name, and age, as JSON: what the last census found; one is taken every five minutes when its pause is expected to be short. With `?gc=1` one is taken now: it collects garbage twice, which stops the process for about `estimateMs` each time. A leak is announced once, as the event `leak` of the server.',
  ],
  '/debug/memory': [
    'GET',
    'yes',
    'Where the memory of the process is, as JSON: accounts that add up to its RSS, a sentence about them, and the last hour, a row for each minute. Takes some 50 ms at 15,000 connections, most of it beside the event loop.',
  ],
  ...LOOK_PATHS,
  ...COLLECT_PATHS,
  ...PPROF_PATHS,
  ...SNAPSHOT_PATHS,
  '/metrics': [
    'GET',
    'yes',
    'What [metrics.md](metrics.md) lists, as Prometheus reads it; as OpenMetrics for whoever asks for that with `Accept`, as JSON with `?format=json`.',
  ],
} as const satisfies Record<string, readonly [method: string, token: 'yes' | 'no', about: string]>

export interface DebugInit {
  readonly clock: Clock
  /** Of the port: nothing moves on a connection while a profile is taken. */
  readonly answerTimeoutMs: number
  /** Null: there is only the process to look at. */
  readonly source: DebugSource | null
  /** Of the census; what is left out has its default. */
  readonly census?: Partial<CensusSettings>
}

export class DebugRoutes {
  readonly routes: readonly AdminRoute[]
  readonly profiles: Profiles
  /** Null: there is no server to look at. */
  readonly census: Census | null
  readonly looker: ProcessLooker
  readonly history: MemoryHistory
  readonly metrics: ServerMetrics
  /** Each ends one thing that looks. */
  readonly #ends: readonly (() => void)[]

  constructor({ clock, answerTimeoutMs, source, census = {} }: DebugInit) {
    const history = new MemoryHistory({
      clock,
      read: () => readMemory(),
      connections: () => source?.connections() ?? 0,
    })
    const profiles = new Profiles({ clock })
    const snapshots = new SnapshotRoutes(clock)
    this.profiles = profiles
    const server = source === null ? null : serverRoutes(source, clock, census)
    this.census = server?.census ?? null
    this.history = history
    const looker = new ProcessLooker({ clock, history, server: server?.lookedAt ?? null })
    this.looker = looker
    const metrics = new ServerMetrics(clock, source, this.census)
    this.metrics = metrics
    this.routes = [
      memoryRoute(history),
      lookRoute(looker, history),
      ...pprofRoutes(profiles, server === null ? {} : { tasks: server.tasks }, answerTimeoutMs),
      ...snapshots.routes,
      ...(server?.routes ?? []),
      metricsRoute(() => metrics.figures()),
    ]
    this.#ends = [
      () => looker.end(),
      () => history.end(),
      () => profiles.end(),
      () => snapshots.end(),
      () => metrics.end(),
      ...(server?.ends ?? []),
    ]
  }

  end(): void {
    for (const end of this.#ends) end()
  }
}

/** What is looked at in one server. */
function serverRoutes(source: DebugSource, clock: Clock, settings: Partial<CensusSettings>) {
  const work = new Work(source.internals, () => clock.now())
  const timelines = new Timelines(source.internals)
  const leaks = source.internals.leakAnnouncer()
  const censusOnLeak = (leak: CensusLeak): void => leaks.announce({ ...leak, count: leak.history.at(-1) ?? leak.count })
  const census = new Census({ clock, censusOnLeak }, settings)
  const untie = censusOfServer(source, census)
  const { ready, rooms, users, on } = source
  const lookedAt: LookedAt = {
    ...{ ready, rooms, users, work, census, connections: () => source.connections(), ledger: () => source.ledger() },
    figures: () => source.internals.figures(),
    onDrain: (listener) => on('drain', listener),
  }
  const own = [ledgerRoute(source), workRoute(work), censusRoute(census), collectRoute(census)]
  return {
    routes: [...own, ...connectionRoutes(timelines)],
    lookedAt,
    tasks: () => work.samples(),
    census,
    ends: [() => work.end(), () => timelines.end(), untie, () => census.end(), () => leaks.end()],
  }
}

function ledgerRoute(source: DebugSource): AdminRoute {
  return {
    ...{ method: 'GET', path: '/debug/ledger' },
    async handler(request) {
      const ledger = source.ledger()
      if (request.query.get('kernel') !== '1') return answer.json(ledger)
      refuseElsewhere(request)
      return answer.json({ ...ledger, kernel: await source.checkKernel() })
    },
  }
}

function workRoute(work: Work): AdminRoute {
  return { method: 'GET', path: '/debug/work', handler: () => answer.json(work.report()) }
}

function censusRoute(census: Census): AdminRoute {
  return {
    ...{ method: 'GET', path: '/debug/census' },
    async handler(request) {
      const isAsked = request.query.get('gc') === '1'
      if (isAsked) refuseElsewhere(request)
      const report = isAsked ? await census.take() : census.last
      return answer.json({ watchedNow: census.size, estimateMs: Math.round(census.estimateMs), report })
    },
  }
}

function memoryRoute(history: MemoryHistory): AdminRoute {
  return {
    ...{ method: 'GET', path: '/debug/memory' },
    async handler(request) {
      refuseElsewhere(request)
      const rows = history.rows()
      return answer.json({ ...(await readMemory(rows)), lastHour: rows })
    },
  }
}
