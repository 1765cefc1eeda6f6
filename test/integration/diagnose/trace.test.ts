/**
 * `holdfast/opentelemetry` with the real SDK and real sockets: a span for each upgrade, with the client's as parent and those of user
 * code as children; one for the end of the connection, linked to the first; nothing in between, and nothing kept in between.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer, IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beforeEach, describe, type TestContext, test } from 'node:test'
import { setImmediate as immediate } from 'node:timers/promises'
import { trace as otel, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { WebSocket } from 'ws'
import { Timelines } from '../../../src/diagnose/timeline/timelines.ts'
import { trace } from '../../../src/diagnose/trace/index.ts'
import { type RouteDeclaration, reject, type Server } from '../../../src/index.ts'
import { admin } from '../../../src/ops/index.ts'
import { INTERNALS } from '../../../src/server/internals.ts'
import { ask as askAdmin } from '../../support/admin-client.ts'
import { reachable, reachableOf } from '../../support/census.ts'
import { deferred, turn, until, within } from '../../support/deadline.ts'
import { movers } from '../../support/moving.ts'
import { connectRaw, openRaw, type RawClient, type RequestHeaders, upgradeText } from '../../support/raw-client.ts'
import { makeServer, onlyConnection, type Setup, serve, settled } from '../../support/serving.ts'
import { Spans } from '../../support/spans.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'
const FROM_CLIENT: RequestHeaders = { traceparent: `00-${TRACE}-${PARENT}-01` }
const spans = new Spans()
const tracer = otel.getTracer('test')

beforeEach(() => spans.reset())

async function traced(t: TestContext, setup: Setup<unknown>): Promise<Server> {
  const server = await serve(t, setup)
  server.on('error', () => {})
  await trace(server)
  return server
}

/** What a request for `/` is answered with. */
async function ask(t: TestContext, server: Server, headers: RequestHeaders = {}): Promise<RawClient> {
  const client = await connectRaw(t, server.port)
  client.write(upgradeText('/', headers))
  await client.answer()
  return client
}

async function visit(t: TestContext, server: { readonly port: number }, headers: RequestHeaders = {}): Promise<void> {
  const client = await openRaw(t, server.port, '/', headers)
  client.closeFrame(1000)
  await until('it is over', () => client.ended)
}

test('an upgrade and the end of its connection: two short spans, the second linked to the first', async (t) => {
  const server = await makeServer(t)
  server.route('/chat/:room', { message: (connection, message) => void connection.send(message) })
  await server.listen({ port: 0, host: '127.0.0.1' })
  await trace(server)
  const client = await openRaw(t, server.port, '/chat/secret-room?token=secret', FROM_CLIENT)
  const { id } = await onlyConnection(server)
  const upgrade = await spans.one('GET')
  assert.equal(upgrade.name, 'GET /chat/:room')
  assert.equal(upgrade.kind, SpanKind.SERVER)
  assert.deepEqual([upgrade.spanContext().traceId, upgrade.parentSpanContext?.spanId], [TRACE, PARENT])
  assert.deepEqual(upgrade.attributes, {
    'http.request.method': 'GET',
    'http.route': '/chat/:room',
    'url.scheme': 'http',
    'network.protocol.name': 'websocket',
    'http.response.status_code': 101,
    'holdfast.connection.id': id,
  })
  assert.equal(upgrade.status.code, SpanStatusCode.UNSET)
  client.text('hello')
  await client.nextTexts(1)
  assert.deepEqual([spans.ended.length, spans.openCount], [1, 0], 'while it is open no span is')

  client.closeFrame(4001, 'secret')
  const end = await spans.one('websocket close')
  assert.equal(end.name, 'websocket close /chat/:room')
  assert.deepEqual([end.kind, end.parentSpanContext], [SpanKind.INTERNAL, undefined])
  assert.notEqual(end.spanContext().traceId, TRACE)
  const { traceId, spanId, traceFlags } = upgrade.spanContext()
  assert.deepEqual(
    end.links.map(({ context }) => context),
    [{ traceId, spanId, traceFlags }],
  )
  const { 'holdfast.connection.duration_ms': durationMs, ...others } = end.attributes
  assert.ok(typeof durationMs === 'number' && durationMs >= 0)
  assert.deepEqual(others, {
    'http.route': '/chat/:room',
    'network.protocol.name': 'websocket',
    'holdfast.connection.id': id,
    'holdfast.messages.received': 1,
    'holdfast.messages.sent': 1,
    'holdfast.close.code': 4001,
    'holdfast.close.by': 'peer',
    'holdfast.close.clean': true,
    'holdfast.close.cause': 'peer closed',
  })
  assert.ok(!JSON.stringify(spans.ended.map(({ name, attributes }) => [name, attributes])).includes('secret'))
})

test('spans of middleware and upgrade are its children, also after a wait; handlers run in no span', async (t) => {
  const active: string[] = []
  const note = (where: string): void => {
    if (otel.getActiveSpan() !== undefined) active.push(where)
  }
  const child = (name: string): void => tracer.startSpan(name).end()
  const server = await serve(t, {
    route: {
      async upgrade() {
        await immediate()
        child('in upgrade')
        otel.getActiveSpan()?.setAttribute('plan', 'free')
      },
      open: () => note('open'),
      hold: () => note('hold'),
      message: (connection) => {
        note('message')
        connection.end()
      },
      close: () => note('close'),
    },
  })
  server.use(async (_, next) => {
    child('before')
    const data = await next()
    await turn()
    child('behind')
    return data
  })
  await trace(server)
  const client = await openRaw(t, server.port, '/', FROM_CLIENT)
  client.text('x')
  await until('it is asked to close', () => client.frames.some(({ opcode }) => opcode === 8))
  client.closeFrame(1000)
  const upgrade = await spans.one('GET')
  for (const name of ['before', 'in upgrade', 'behind']) {
    assert.equal((await spans.one(name)).parentSpanContext?.spanId, upgrade.spanContext().spanId, name)
  }
  assert.equal(upgrade.attributes.plan, 'free')
  await spans.one('websocket close')
  assert.deepEqual(active, [])
})

describe('an upgrade that comes to nothing', () => {
  const late = deferred<unknown>()
  const refusals: Readonly<
    Record<string, { upgrade: () => unknown; status?: number; error?: string; failure?: string; stay?: false }>
  > = {
    'reject(401)': { upgrade: () => Promise.reject(reject(401, 'secret')), status: 401 },
    'reject(503)': { upgrade: () => reject(503, 'secret'), status: 503, error: '503' },
    'it throws': {
      upgrade: () => {
        throw new Error('secret')
      },
      status: 500,
      error: '500',
    },
    'the deadline passes': { upgrade: () => late.promise, status: 503, error: 'deadline', failure: 'deadline' },
    'the peer leaves': { upgrade: () => late.promise, failure: 'peer left', stay: false },
  }
  for (const [name, { upgrade, status, error, failure, stay = true }] of Object.entries(refusals)) {
    test(name, async (t) => {
      const handshakeTimeoutMs = stay ? 100 : 5_000
      const server = await traced(t, { route: { upgrade }, handshakeTimeoutMs })
      const client = await connectRaw(t, server.port)
      client.write(upgradeText('/', FROM_CLIENT))
      if (!stay) {
        await until('it is asked', () => server.ledger().opening === 1 && spans.openCount === 1)
        client.socket.destroy()
      }
      const span = await spans.one('GET /')
      assert.equal(span.attributes['http.response.status_code'], status)
      assert.equal(span.attributes['error.type'], error)
      assert.equal(span.attributes['holdfast.upgrade.failure'], failure)
      assert.equal(span.status.code, error === undefined ? SpanStatusCode.UNSET : SpanStatusCode.ERROR)
      assert.equal(span.parentSpanContext?.spanId, PARENT)
      client.socket.destroy()
      await settled(server)
      assert.deepEqual([spans.ended.length, spans.openCount], [1, 0])
      assert.ok(!JSON.stringify([span.attributes, span.status, span.events]).includes('secret'))
    })
  }

  test('what is refused before its route is asked has none', async (t) => {
    const server = await traced(t, { route: {} })
    const requests = [
      upgradeText('/nowhere', FROM_CLIENT),
      upgradeText('/', { ...FROM_CLIENT, Origin: 'https://elsewhere.example' }),
      upgradeText('/', { ...FROM_CLIENT, 'Sec-WebSocket-Version': '12' }),
    ]
    for (const request of requests) {
      const client = await connectRaw(t, server.port)
      client.write(request)
      assert.ok((await client.answer()).status >= 400)
    }
    await visit(t, server)
    await spans.one('websocket close')
    assert.deepEqual(
      spans.ended.map(({ name }) => name),
      ['GET /', 'websocket close /'],
    )
  })
})

describe('while a connection is open nothing keeps its request or its span', () => {
  const kept: unknown[] = []
  const routes: Readonly<Record<string, (server: () => Server) => RouteDeclaration<unknown>>> = {
    'no upgrade handler': () => ({}),
    'a synchronous one': () => ({ upgrade: () => tracer.startSpan('child').end() }),
    'one that waits': () => ({
      async upgrade(request) {
        await immediate()
        request.signal.addEventListener('abort', () => {})
        tracer.startSpan('child').end()
      },
    }),
    'one that sets a timer of the server': (server) => ({
      upgrade: () => void server().scope.every(20, () => {}, 'often'),
    }),
    'handlers that hold on': () => ({
      upgrade: async () => 'data',
      hold(connection) {
        connection.scope.every(600_000, () => {})
        connection.scope.task('waits', () => new Promise(() => {}))
      },
    }),
  }
  for (const [name, make] of Object.entries(routes)) {
    test(name, async (t) => {
      const server: Server = await traced(t, { route: make(() => server) })
      await openRaw(t, server.port, '/', FROM_CLIENT)
      const connection = await onlyConnection(server)
      await spans.one('GET /')
      const { references } = spans
      assert.ok(references.length > 0)
      spans.reset()
      assert.equal(await reachableOf(references), 0)
      assert.deepEqual(await reachable({ requests: IncomingMessage }), { requests: 0 })
      assert.equal(connection.state, 'open')
    })
  }

  test('control: a span that is kept is seen', async (t) => {
    const server = await traced(t, { route: { upgrade: () => void kept.push(otel.getActiveSpan()) } })
    await openRaw(t, server.port, '/')
    await spans.one('GET /')
    const { references } = spans
    spans.reset()
    assert.equal(await reachableOf(references), 1)
    kept.length = 0
    assert.equal(await reachableOf(references), 0)
  })
})

test('one that moves ends once, where it is then, linked to its upgrade', async (t) => {
  const both = await movers(t, {})
  await trace(both.from)
  await trace(both.to)
  const client = await openRaw(t, both.from.port, '/', FROM_CLIENT)
  const here = await onlyConnection(both.from)
  const upgrade = await spans.one('GET /')
  await both.move(here)
  assert.deepEqual([spans.ended.length, spans.openCount], [1, 0], 'to move is not to end')
  client.closeFrame(1000)
  const end = await spans.one('websocket close')
  assert.equal(end.links[0]?.context.spanId, upgrade.spanContext().spanId)
  assert.equal(end.attributes['holdfast.connection.id'], here.id)
})

test('one that comes from where nobody traces ends without a link', async (t) => {
  const both = await movers(t, {})
  await trace(both.to)
  const client = await openRaw(t, both.from.port, '/', FROM_CLIENT)
  await both.move(await onlyConnection(both.from))
  client.closeFrame(1000)
  const end = await spans.one('websocket close')
  assert.deepEqual([end.links, spans.ended.length], [[], 1])
})

test('not sampled: the upgrade is not recorded, and the end of its connection is judged by itself', async (t) => {
  const server = await traced(t, { route: {} })
  await visit(t, server, { traceparent: `00-${TRACE}-${PARENT}-00` })
  const end = await spans.one('websocket close')
  assert.equal(spans.ended.length, 1)
  assert.deepEqual([end.links[0]?.context.traceId, end.links[0]?.context.traceFlags], [TRACE, 0])
})

test('a handler that threw is an error of the connection', async (t) => {
  const server = await traced(t, {
    route: {
      message() {
        throw new Error('secret')
      },
    },
  })
  const client = await openRaw(t, server.port)
  client.text('x')
  await until('it is asked to close', () => client.frames.some(({ opcode }) => opcode === 8))
  client.closeFrame(1011)
  const end = await spans.one('websocket close')
  assert.deepEqual(end.status, { code: SpanStatusCode.ERROR, message: 'its handler message threw' })
  assert.equal(end.attributes['error.type'], 'handler failed')
})

test('untrace: no more spans, but one that has begun still ends; then it can be traced anew', async (t) => {
  const answer = deferred()
  const server = await serve(t, { route: { upgrade: () => answer.promise } })
  const untrace = await trace(server)
  await assert.rejects(trace(server), { code: 'HF_OPTION_INVALID' })
  const waiting = await connectRaw(t, server.port)
  waiting.write(upgradeText('/'))
  await until('it is asked', () => spans.openCount === 1)
  untrace()
  untrace()
  answer.resolve()
  await waiting.answer()
  assert.equal((await spans.one('GET /')).attributes['http.response.status_code'], 101)
  waiting.closeFrame(1000)
  await visit(t, server)
  await settled(server)
  assert.deepEqual([spans.ended.length, spans.openCount], [1, 0])
  await trace(server)
  await visit(t, server)
  await spans.one('websocket close')
  assert.equal(spans.ended.length, 3)
})

test('server.close(): its last connections are seen to end; a closed server is not traced', async (t) => {
  const server = await traced(t, { route: {} })
  const client = new WebSocket(`ws://127.0.0.1:${server.port}/`)
  t.after(() => client.terminate())
  await within('open', once(client, 'open'))
  await within('the server to close', server.close())
  const end = await spans.one('websocket close')
  assert.equal(end.attributes['holdfast.close.cause'], 'server closed')
  await assert.rejects(trace(server), { code: 'HF_OPTION_INVALID' })
})

test('beside the timelines of an admin port: both are told', async (t) => {
  const server = await traced(t, { route: {} })
  const timelines = new Timelines(server[INTERNALS])
  await visit(t, server)
  await spans.one('websocket close')
  assert.equal(timelines.list({ limit: 10 }).ended.length, 1)
  timelines.end()
  spans.reset()
  await visit(t, server)
  await spans.one('websocket close')
})

test('an answer in the turn of the request', async (t) => {
  const server = await traced(t, { route: { upgrade: () => reject(403) } })
  const client = await ask(t, server)
  assert.equal((await client.answer()).status, 403)
  assert.equal((await spans.one('GET /')).attributes['http.response.status_code'], 403)
})

test('over TLS, as its socket says', async (t) => {
  const http = createHttpServer()
  http.prependListener('connection', (socket) => Object.assign(socket, { encrypted: true }))
  const server = makeServer(t, { route: {} }).attach(http)
  await trace(server)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  t.after(() => http.close())
  await visit(t, { port: (http.address() as AddressInfo).port })
  assert.equal((await spans.one('GET /')).attributes['url.scheme'], 'https')
})

test('nothing of the trace of a client is in what the admin port says of its connection', async (t) => {
  const server = await traced(t, { route: {} })
  const { port } = await admin(server, { port: 0 })
  await openRaw(t, server.port, '/', FROM_CLIENT)
  const { id } = await onlyConnection(server)
  assert.match(server[INTERNALS].connection(id)?.traceparent ?? '', new RegExp(TRACE), 'control: it is kept')
  for (const path of ['/debug/connections', `/debug/connections/${id}`]) {
    const { status, body } = await askAdmin(port, path)
    assert.deepEqual([status, body.includes(id), body.includes(TRACE)], [200, true, false])
  }
})
