/**
 * The routes of a supervisor that its workers answer: `/workers/N/debug/…`, and `/debug/…` when there is one worker. Each question
 * is one request over the Unix socket of that worker, which ends with the answer, or when whoever asked has left.
 */
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
  '/debug/*': ['GET, POST', 'yes', 'The same when there is one worker; otherwise 400, which names them.'],
} as const satisfies Record<string, readonly [method: string, token: 'yes' | 'no', about: string]>

export function workerRoutes(supervisor: Pick<Supervisor, 'adminPaths'>): AdminRoute[] {
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

async function ask(socketPath: string, request: AdminRequest): Promise<AdminAnswer> {
  const { method, path, query, body, signal, fromElsewhere } = request
  const target = `${path.slice(path.indexOf('/debug/'))}${query.size === 0 ? '' : `?${query}`}`
  try {
    return await askWorker(socketPath, { method, target, body, signal, fromElsewhere })
  } catch (thrown) {
    return answer.text(`the worker does not answer: ${messageOf(thrown)}`, 502)
  }
}
