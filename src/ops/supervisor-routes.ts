/**
 * The routes of the admin port of a supervisor. They ask it when they are asked, and keep nothing of their own; what they start
 * goes on when its client leaves.
 */
import { HoldfastError, messageOf } from '../base/errors.ts'
import type { RolloutEvents } from '../rollout/rollout-events.ts'
import type { Supervisor } from '../rollout/supervisor.ts'
import { answer } from './admin-answer.ts'
import type { AdminRequest, AdminRoute } from './admin-routes.ts'
import { healthRoutes } from './health/health.ts'
import { supervisorHealth } from './health/supervisor-health.ts'
import { CONSOLE_PATHS, consoleRoutes } from './live/console-pages.ts'
import { metricsRoute } from './metrics/exposition.ts'
import type { SupervisorMetrics } from './metrics/supervisor-metrics.ts'
import { versionOf } from './package-version.ts'
import { WORKER_PATHS, workerRoutes } from './worker-routes.ts'

/** The paths of the admin port of `holdfast run`. `docs/reference/admin.md` is made from it. */
export const SUPERVISOR_PATHS = {
  '/healthz': [
    'GET',
    'no',
    '200 while the supervisor answers, no worker that serves is stuck (silent for about 5 s) and their ledgers balance; otherwise 503. With reasons for whoever may ask, which name the worker.',
  ],
  '/readyz': [
    'GET',
    'no',
    '200 while at least one worker is ready, as the server in it says; otherwise 503. With reasons for whoever may ask, also those of a worker beside which others are ready.',
  ],
  '/status': [
    'GET',
    'yes',
    'Whether it is ready, as `/readyz` says, and why not; the workers, what has happened so far, and the counters of all ledgers added up, as JSON. Nothing of any client is in it.',
  ],
  '/reload': [
    'POST',
    'yes',
    'Replaces the workers by new ones, and moves the connections. The body may be `{"nodeOptions":["--max-old-space-size=512"]}`. The answer goes on until it has ended: lines of JSON with `progress`, then one with `report` or `error`. 409 while another goes on.',
  ],
  '/drain': [
    'POST',
    'yes',
    'All workers drain, then the supervisor ends. Lines of JSON with how many connections are left, then one with `ended`.',
  ],
  '/metrics': [
    'GET',
    'yes',
    'What [metrics.md](metrics.md) lists, of all workers as one, as Prometheus reads it; as OpenMetrics for whoever asks for that with `Accept`, as JSON with `?format=json`.',
  ],
  ...WORKER_PATHS,
  ...CONSOLE_PATHS,
} as const satisfies Record<string, readonly [method: string, token: 'yes' | 'no', about: string]>

export function supervisorRoutes(supervisor: Supervisor, metrics: SupervisorMetrics): AdminRoute[] {
  const version = versionOf()
  const health = supervisorHealth(supervisor)
  return [
    ...healthRoutes(health),
    {
      ...{ method: 'GET', path: '/status' },
      handler() {
        const { ok, reasons } = health.ready()
        const readiness = { ready: ok, notReady: ok ? [] : reasons }
        return answer.json({ holdfast: version, node: process.version, ...supervisor.status(), ...readiness })
      },
    },
    { method: 'POST', path: '/reload', handler: (request) => reload(supervisor, request) },
    { method: 'POST', path: '/drain', handler: () => drain(supervisor) },
    metricsRoute(() => metrics.figures()),
    ...workerRoutes(supervisor),
    ...consoleRoutes(),
  ]
}

function reload(supervisor: Supervisor, request: AdminRequest) {
  const nodeOptions = nodeOptionsOf(request.json())
  if (nodeOptions === 'wrong') {
    return answer.text('wanted {"nodeOptions":["--an-option"]}, or no body', 400)
  }
  if (supervisor.busy) return answer.text('a reload or recycle goes on already', 409)
  if (supervisor.stopping) return answer.text('it is draining', 409)
  const done = supervisor.reload(nodeOptions).then(
    (report) => ({ report }),
    (thrown: unknown) => ({ error: errorOf(thrown) }),
  )
  return answer.lines(until(done, supervisor, ['progress'], () => ({ progress: supervisor.progress })))
}

function nodeOptionsOf(body: unknown): readonly string[] | null | 'wrong' {
  if (body === undefined) return null
  const options = (body as { nodeOptions?: unknown } | null)?.nodeOptions
  if (options === undefined || options === null) return typeof body === 'object' ? null : 'wrong'
  const isList = Array.isArray(options) && options.every((one) => typeof one === 'string' && one.startsWith('--'))
  return isList ? options : 'wrong'
}

function drain(supervisor: Supervisor) {
  supervisor.drain()
  const done = supervisor.ended.then((ended) => ({ ended }))
  const left = () => ({ connections: supervisor.status().connections, workers: supervisor.status().workers.length })
  return answer.lines(until(done, supervisor, ['figures', 'worker'], left))
}

/** What `line` says whenever one of these events has come, then what `done` resolves with. What nobody has taken yet is left out. */
async function* until(
  done: Promise<object>,
  { events }: Supervisor,
  names: readonly (keyof RolloutEvents)[],
  line: () => object,
): AsyncGenerator<object> {
  let last: object | null = null
  let news = true
  let wake = (): void => {}
  const offs = names.map((name) =>
    events.on(name, () => {
      news = true
      wake()
    }),
  )
  void done.then((value) => {
    last = value
    wake()
  })
  try {
    while (last === null) {
      if (news) {
        news = false
        yield line()
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
    yield last
  } finally {
    for (const off of offs) off()
  }
}

function errorOf(thrown: unknown): { readonly code: string; readonly message: string } {
  return { code: thrown instanceof HoldfastError ? thrown.code : '', message: messageOf(thrown) }
}
