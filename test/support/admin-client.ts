/**
 * A client of the admin port for tests: one request on a connection of its own, with exactly the headers a test gives.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import type { TestContext } from 'node:test'
import { type AdminPort, type AdminRoute, type AdminSurroundings, answer, openAdmin } from '../../src/ops/index.ts'
import { within } from './deadline.ts'

export interface Ask {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly host?: string
}

export interface Told {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** The headers of a change. */
export const CHANGE = { 'X-Holdfast': '1' }

export async function ask(
  port: number,
  path: string,
  { method = 'GET', headers = {}, body, host }: Ask = {},
): Promise<Told> {
  const asked = new Promise<Told>((resolve, reject) => {
    const request = httpRequest({
      port,
      host: host ?? '127.0.0.1',
      path,
      method,
      headers: { ...headers },
      agent: false,
    })
    request.on('error', reject)
    request.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
    })
    request.end(body)
  })
  return within(`an answer to ${method} ${path}`, asked)
}

/** Status and body of a few. */
export async function statusOf(port: number, path: string, details: Ask = {}): Promise<number> {
  return (await ask(port, path, details)).status
}

/** Status, answer and reasons of a probe, as whoever may ask gets them. */
export async function probe(port: number, path: string): Promise<[status: number, ok: boolean, reasons: string[]]> {
  const { status, body } = await ask(port, path)
  const { ok, reasons } = JSON.parse(body) as { ok: boolean; reasons: { reason: string }[] }
  return [status, ok, reasons.map(({ reason }) => reason)]
}

/** What comes for these bytes until the other side hangs up. */
export async function exchange(port: number, bytes: string, host = '127.0.0.1'): Promise<string> {
  const socket = connect(port, host)
  const done = new Promise<string>((resolve, reject) => {
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
  })
  socket.write(bytes)
  try {
    return await within('the admin port to hang up', done)
  } finally {
    socket.destroy()
  }
}

/** One of each kind. */
export const SAMPLE_ROUTES: readonly AdminRoute[] = [
  { method: 'GET', path: '/readyz', open: true, handler: () => answer.text('ok') },
  { method: 'GET', path: '/status', handler: () => answer.json({ fine: true }) },
  { method: 'POST', path: '/change', handler: ({ body }) => answer.json({ changed: body }) },
  {
    ...{ method: 'GET', path: '/workers/:n/*' },
    handler: ({ params, query }) => answer.json({ ...params, q: query.get('q') }),
  },
]

/** An admin port for one test; errors of its handlers are in `errors`. */
export async function openFor(
  t: TestContext,
  options: Omit<Parameters<typeof openAdmin>[0], 'routes'> & { readonly routes?: readonly AdminRoute[] } = {},
  surroundings: AdminSurroundings = {},
): Promise<AdminPort & { readonly errors: string[] }> {
  const errors: string[] = []
  const opened = await openAdmin(
    { port: 0, routes: SAMPLE_ROUTES, ...options },
    { adminOnError: (error) => errors.push(`${error.code} ${error.message}`), ...surroundings },
  )
  t.after(() => within('the admin port to close', opened.close()))
  return { host: opened.host, port: opened.port, close: () => opened.close(), errors }
}
