/**
 * The routes of a supervisor that its workers answer: `/workers/N/debug/…`, and `/debug/…` when there is one worker. Each question
 * is one request over the Unix socket of that worker, which ends with the answer, or when whoever asked has left.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { messageOf } from '../base/errors.ts'
import type { Supervisor } from '../rollout/supervisor.ts'
import { AdminAnswer, answer } from './admin-answer.ts'
import { CHANGE_HEADER, CHANGE_VALUE } from './admin-guard.ts'
import type { AdminRequest, AdminRoute } from './admin-routes.ts'

export const WORKER_PATHS = {
  '/workers/:n/debug/*': [
    'GET, POST',
    'yes',
    'What worker N answers at `/debug/…`: the same as the admin port of a server in its own process. 404 when there is no such worker.',
  ],
  '/debug/*': ['GET, POST', 'yes', 'The same when there is one worker; otherwise 400, which names them.'],
} as const satisfies Record<string, readonly [method: string, token: 'yes' | 'no', about: string]>

/** An answer is passed on when it is whole. */
const ANSWER_BYTES_MAX = 256 * 1024 * 1024

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
  const { method, path, query, body, signal } = request
  const asked = path.slice(path.indexOf('/debug/'))
  const search = query.size === 0 ? '' : `?${query}`
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = headersFor(request)
      httpRequest({ socketPath, method, path: `${asked}${search}`, headers, signal, agent: false })
        .on('response', resolve)
        .on('error', reject)
        .end(body)
    })
    const whole = await bodyOf(response)
    return new AdminAnswer(response.statusCode ?? 502, response.headers['content-type'] ?? 'text/plain', whole)
  } catch (thrown) {
    return answer.text(`the worker does not answer: ${messageOf(thrown)}`, 502)
  }
}

/** Whoever asks for a change has been checked by the port of the supervisor; what costs the worker knows. */
function headersFor({ method, fromElsewhere }: AdminRequest): Record<string, string> {
  return {
    Host: 'localhost',
    ...(method === 'POST' && { [CHANGE_HEADER]: CHANGE_VALUE }),
    ...(fromElsewhere && { 'Sec-Fetch-Site': 'cross-site' }),
  }
}

async function bodyOf(response: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response) {
    bytes += chunk.length
    if (bytes > ANSWER_BYTES_MAX) throw new Error(`its answer is longer than ${ANSWER_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
