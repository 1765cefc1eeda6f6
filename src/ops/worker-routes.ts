/**
 * The routes of a supervisor that its workers answer: `/workers/N/debug/…`; `/debug/…` when there is one worker, and what can be said of
 * several side by side. Each question is one request over the Unix socket of a worker, which ends with the answer, or when whoever asked
 * has left; where several are asked, also when one says nothing for too long.
 */
import { type Clock, systemClock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { Supervisor } from '../rollout/supervisor.ts'
import { type AdminAnswer, answer } from './admin-answer.ts'
import type { AdminRequest, AdminRoute } from './admin-routes.ts'
import { askWorker } from './ask-worker.ts'

export const WORKER_PATHS = {
  '/workers/:n/debug/*': [
    'GET, POST',
    'yes',
    'What worker N answers at `/debug/…`: the same as the admin port of a server in its own process. 404 when there is no such worker.',
  ],
  '/debug/*': [
    'GET, POST',
    'yes',
    'The same when there is one worker. With several, `/debug/connections`, `/debug/connections/:id`, `/debug/work`, `/debug/memory`, `/debug/census` and `/debug/ledger` answer `{"workers":{"0":…,"1":…}}`, what each of them answers or an `error` for one that does not; one that knows nothing of it is left out. Everything else is 400 then, and names the workers.',
  ],
} as const satisfies Record<string, readonly [method: string, token: 'yes' | 'no', about: string]>

/** What may be said of several side by side: it is JSON, and asking costs little. */
const OF_ALL = /^\/debug\/(connections(\/[^/]+)?|work|memory|census|ledger)$/
const ALL_MS = 5_000

export function workerRoutes(supervisor: Pick<Supervisor, 'adminPaths'>, clock: Clock = systemClock): AdminRoute[] {
  const handlers = {
    '/workers/:n/debug/*': (request: AdminRequest) => {
      const paths = supervisor.adminPaths()
      const { n = '' } = request.params
      const path = /^\d{1,3}$/.test(n) ? paths.get(Number(n)) : undefined
      if (path === undefined) return answer.text(`no worker ${n.slice(0, 20)}: there are ${numbersOf(paths)}`, 404)
      return ask(path, request)
    },
    '/debug/*': (request: AdminRequest) => {
      const paths = supervisor.adminPaths()
      const [path] = paths.values()
      if (paths.size === 1 && path !== undefined) return ask(path, request)
      if (paths.size > 1 && request.method === 'GET' && OF_ALL.test(request.path)) return askAll(paths, request, clock)
      const line = `there are the workers ${numbersOf(paths)}: wanted /workers/N${request.path}`
      return answer.text(paths.size === 0 ? 'there is no worker now' : line, paths.size === 0 ? 503 : 400)
    },
  }
  return Object.entries(handlers).flatMap(([path, handler]) => [
    { method: 'GET' as const, path, handler },
    { method: 'POST' as const, path, handler },
  ])
}

function numbersOf(paths: ReadonlyMap<number, string>): string {
  return [...paths.keys()].join(', ') || 'none now'
}

async function askAll(paths: ReadonlyMap<number, string>, request: AdminRequest, clock: Clock): Promise<AdminAnswer> {
  const late = new AbortController()
  const timer = clock.after(ALL_MS, () => late.abort(new Error(`it has said nothing for ${ALL_MS} ms`)))
  const signal = AbortSignal.any([request.signal, late.signal])
  const told = await Promise.all(
    [...paths].map(async ([number, path]) => ({ number, given: await ask(path, { ...request, signal }) })),
  )
  timer.cancel()
  const known = told.filter(({ given }) => given.status !== 404)
  if (known.length === 0 && told[0] !== undefined) return told[0].given
  // What all of them refuse is the fault of the question.
  const refusal = known.find(({ given }) => given.status === 400)
  if (refusal !== undefined) return refusal.given
  return answer.json({ workers: Object.fromEntries(known.map(({ number, given }) => [number, ofOne(given)])) })
}

function ofOne({ status, body }: AdminAnswer): unknown {
  return status === 200 ? JSON.parse(String(body)) : { error: String(body).trim() }
}

async function ask(socketPath: string, request: AdminRequest): Promise<AdminAnswer> {
  const { method, path, query, body, signal, fromElsewhere } = request
  const target = `${path.slice(path.indexOf('/debug/'))}${query.size === 0 ? '' : `?${query}`}`
  try {
    return await askWorker(socketPath, { method, target, body, signal, fromElsewhere })
  } catch (thrown) {
    const why = signal.aborted ? signal.reason : thrown
    return answer.text(`the worker does not answer: ${messageOf(why)}`, 502)
  }
}
