/**
 * The admin port of a server in its own process: `admin(server, { port: 6060 })`.
 *
 * The port is put into the server's scope, so `server.close()` closes it, last of all: until then it says that the server is
 * not ready. It asks the server when it is asked, and keeps nothing of its own.
 */
import { getHeapStatistics } from 'node:v8'
import { type Clock, systemClock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import { wrongArgument } from '../base/options.ts'
import { type CensusSettings, readCensusSettings } from '../diagnose/census/census-settings.ts'
import { INTERNALS, type ServerInternals } from '../server/internals.ts'
import type { Server } from '../server/server.ts'
import { answer } from './admin-answer.ts'
import { AdminListener, type AdminPort, type AdminSurroundings } from './admin-listener.ts'
import { type AdminOptionsInput, readAdminOptions } from './admin-options.ts'
import { type AdminRoute, AdminRoutes } from './admin-routes.ts'
import { DEBUG_PATHS, DebugRoutes, type DebugSource } from './debug-routes.ts'
import { healthRoutes } from './health/health.ts'
import { serverHealth } from './health/server-health.ts'
import { CONSOLE_PATHS, consoleRoutes } from './live/console-pages.ts'
import { serverSource } from './live/server-source.ts'
import { versionOf } from './package-version.ts'
import { type PprofOptions, readPprofOptions } from './pprof-mount.ts'

/** Of a server, what the admin port asks. What `createServer()` returns has it. */
export interface AdminServer {
  readonly scope: { readonly ended: boolean; defer(release: () => unknown, name?: string): () => void }
  readonly connections: { readonly size: number }
  readonly roomCount: number
  readonly userCount?: number
  /** Does it listen and let clients in? */
  readonly ready: boolean
  ledger(): object
  checkKernel?(): Promise<object>
  readonly [INTERNALS]?: ServerInternals
  /** Drains, and resolves with a report. */
  drain?(): Promise<unknown>
}

export interface EmbeddedAdminOptions extends AdminOptionsInput {
  /** Routes of your own, beside those of the server. */
  readonly routes?: readonly AdminRoute[]
  /** When `/debug/census` takes one by itself, and what it calls a leak. */
  readonly census?: Partial<CensusSettings>
  /** Of `/debug/pprof/`. */
  readonly pprof?: PprofOptions
}

const PROGRESS_MS = 500

/** The paths of `admin()`. `docs/reference/admin.md` is made from it. */
export const EMBEDDED_PATHS = {
  '/healthz': [
    'GET',
    'no',
    '200 while the process answers and its ledger balances; otherwise 503. With reasons for whoever may ask.',
  ],
  '/readyz': [
    'GET',
    'no',
    '200 while the server listens and lets clients in; otherwise 503: it starts, drains or closes, a limit would refuse who comes next, or a condition of yours (`readyWhen()`) does not hold. With reasons for whoever may ask.',
  ],
  '/status': [
    'GET',
    'yes',
    'Version, uptime, whether it is ready and why not, connections, rooms, memory and the ledger, as JSON. Nothing of any client is in it.',
  ],
  '/drain': [
    'POST',
    'yes',
    'Drains the server. The answer goes on until it has: lines of JSON with how many connections are left, then one with the report. A client that leaves does not stop it.',
  ],
  ...DEBUG_PATHS,
  ...CONSOLE_PATHS,
} as const satisfies Record<string, readonly [method: string, token: 'yes' | 'no', about: string]>

/**
 * Opens an admin port for a server in this process. It ends with `close()`, or with the server.
 *
 * @throws HoldfastError HF_OPTION_UNKNOWN, HF_OPTION_INVALID, HF_ADMIN_TOKEN, HF_ADMIN_ROUTE, HF_PORT_IN_USE
 */
export async function admin(
  server: AdminServer,
  input: EmbeddedAdminOptions = {},
  surroundings: AdminSurroundings = {},
): Promise<AdminPort> {
  if (typeof server?.scope?.defer !== 'function' || server.scope.ended) {
    throw wrongArgument('admin()', 'server', server, 'a server that has not been closed')
  }
  const { routes = [], pprof = {}, census = {}, ...given } = input
  const options = readAdminOptions('admin()', given)
  const { heapFromStart = false } = readPprofOptions('admin()', pprof)
  const settings = readCensusSettings(census)
  const clock = surroundings.clock ?? systemClock
  const { answerTimeoutMs } = options
  const debug = new DebugRoutes({ clock, answerTimeoutMs, source: debugSourceOf(server), census: settings })
  const own = [...routesOf(server, clock), ...debug.routes, ...consoleRoutes()]
  const all = routesWith([...own, ...routes], () => debug.end())
  const live = serverSource(debug.looker, debug.history, clock)
  const listener = new AdminListener(options, all, { ...surroundings, live })
  const end = (): Promise<void> => {
    debug.end()
    return listener.close()
  }
  const close = server.scope.defer(end, 'admin port')
  try {
    await listener.open()
    // Where another profiler has it, whoever asks is told.
    if (heapFromStart) debug.profiles.heap.start()
  } catch (thrown) {
    close()
    throw thrown
  }
  return {
    ...{ host: listener.host, port: listener.port },
    close() {
      close()
      return end()
    },
  }
}

/** @param onFailed called before it throws */
function routesWith(routes: readonly AdminRoute[], onFailed: () => void): AdminRoutes {
  try {
    return new AdminRoutes(routes)
  } catch (thrown) {
    onFailed()
    throw thrown
  }
}

/** Null for what is no server of ours, but has what the port asks of one. */
export function debugSourceOf(server: AdminServer): DebugSource | null {
  const internals = server[INTERNALS]
  if (internals === undefined) return null
  return {
    internals,
    // Who has internals has it.
    on: (name, listener) => (server as unknown as Pick<Server, 'on'>).on(name, listener),
    ...{ ready: () => server.ready, rooms: () => server.roomCount, users: () => server.userCount ?? 0 },
    connections: () => server.connections.size,
    checkKernel: async () => (await server.checkKernel?.()) ?? {},
    ledger: () => server.ledger(),
  }
}

function routesOf(server: AdminServer, clock: Clock): AdminRoute[] {
  const startedAt = clock.now()
  const version = versionOf()
  const health = serverHealth(server)
  const routes: AdminRoute[] = [
    ...healthRoutes(health),
    {
      ...{ method: 'GET', path: '/status' },
      handler: () =>
        answer.json({
          ...{ holdfast: version, node: process.version, pid: process.pid },
          uptimeMs: Math.round(clock.now() - startedAt),
          ...{ ready: server.ready, notReady: health.ready().reasons },
          ...{ connections: server.connections.size, rooms: server.roomCount },
          ...memoryNow(),
          ledger: server.ledger(),
        }),
    },
  ]
  if (typeof server.drain === 'function') {
    const handler = () => answer.lines(drainLines(server, Promise.resolve(server.drain?.()), clock))
    routes.push({ method: 'POST', path: '/drain', handler })
  }
  return routes
}

function memoryNow(): object {
  const { used_heap_size: heapUsedBytes, heap_size_limit: heapLimitBytes } = getHeapStatistics()
  return { rssBytes: process.memoryUsage.rss(), heapUsedBytes, heapLimitBytes }
}

/** How many are left, twice a second, then the report. */
async function* drainLines(server: AdminServer, drained: Promise<unknown>, clock: Clock): AsyncGenerator<unknown> {
  let last: unknown = null
  let wake = (): void => {}
  const finish = (line: unknown): void => {
    last = line
    wake()
  }
  drained.then(
    (report) => finish({ report }),
    (thrown: unknown) => finish({ error: { message: messageOf(thrown) } }),
  )
  while (last === null) {
    yield { connections: server.connections.size }
    if (last !== null) break
    await new Promise<void>((resolve) => {
      const timer = clock.after(PROGRESS_MS, resolve)
      wake = () => {
        timer.cancel()
        resolve()
      }
    })
  }
  yield last
}
