/** `holdfast/logs` beside a real server: what happens becomes lines, with the id and the trace of its connection; and it ends. */
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { trace } from '../../../src/diagnose/trace/index.ts'
import { reject, type Server } from '../../../src/index.ts'
import { admin } from '../../../src/ops/index.ts'
import { type LogsInput, logs } from '../../../src/ops/logs/index.ts'
import { probe } from '../../support/admin-client.ts'
import { until } from '../../support/deadline.ts'
import { connectRaw, openRaw, type RequestHeaders, upgradeText } from '../../support/raw-client.ts'
import { makeServer, serve } from '../../support/serving.ts'
import { Spans } from '../../support/spans.ts'
import { wrongIn } from '../../unit/ops/logs/ecs-fields.ts'

type Line = Readonly<Record<string, unknown>>

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const FROM_CLIENT: RequestHeaders = { traceparent: `00-${TRACE}-b7ad6b7169203331-01` }
new Spans()

/** A log of this server, as lines. */
function logged(server: Server, options: LogsInput = {}): { lines: Line[]; of(action: string): Line[]; close(): void } {
  const lines: Line[] = []
  const log = logs(server, { to: { write: (line) => lines.push(JSON.parse(line)) }, level: 'debug', ...options })
  return { lines, of: (action) => lines.filter((line) => line['event.action'] === action), close: () => log.close() }
}

async function refusedAt(t: TestContext, server: Server, path: string): Promise<number> {
  const client = await connectRaw(t, server.port)
  client.write(upgradeText(path))
  return (await client.answer()).status
}

describe('logs(server)', { concurrency: true }, () => {
  test('a connection from open to close, with its id, its route and the trace of its upgrade', async (t) => {
    const server = makeServer(t)
    server.route('/chat/:room', {
      message() {
        throw new Error('no database')
      },
    })
    const { of, lines } = logged(server, { service: 'chat' })
    await trace(server)
    await server.listen({ port: 0, host: '127.0.0.1' })
    const client = await openRaw(t, server.port, '/chat/lobby', FROM_CLIENT)
    const [connection] = server.connections
    client.text('hello')
    await until('it is closed', () => of('close').length === 1)
    for (const action of ['open', 'error', 'close']) {
      const [line = {}] = of(action)
      assert.deepEqual(
        [line['holdfast.connection.id'], line['holdfast.route'], line['trace.id'], line['service.name']],
        [connection?.id, '/chat/:room', TRACE, 'chat'],
        action,
      )
    }
    const [close = {}] = of('close')
    assert.deepEqual(
      [
        close['log.level'],
        close['holdfast.close.cause'],
        close['holdfast.close.code'],
        close['holdfast.connection.received'],
      ],
      ['info', 'handler failed', 1011, 1],
    )
    assert.match(String(of('error')[0]?.['error.message']), /no database/)
    assert.match(String(of('error')[0]?.['error.stack_trace']), /logs\.test\.ts/)
    assert.deepEqual(lines.flatMap(wrongIn), [])
  })

  test('of what was refused or had no answer, the trace, once its route was asked', async (t) => {
    const server = makeServer(t, { handshakeTimeoutMs: 100 })
    server.route('/closed', { upgrade: () => reject(403, 'no') })
    server.route('/late', { upgrade: () => new Promise(() => {}) })
    const { of } = logged(server)
    await trace(server)
    await server.listen({ port: 0, host: '127.0.0.1' })
    for (const [path, status] of [
      ['/closed', 403],
      ['/late', 503],
      ['/nowhere', 404],
    ] as const) {
      const client = await connectRaw(t, server.port)
      client.write(upgradeText(path, FROM_CLIENT))
      assert.equal((await client.answer()).status, status)
    }
    await until('all are told', () => of('refused').length === 2 && of('failed').length === 1)
    const traces = [...of('refused'), ...of('failed')].map((line) => [line['holdfast.route'], line['trace.id']])
    assert.deepEqual(traces, [
      ['/closed', TRACE],
      [undefined, undefined],
      ['/late', TRACE],
    ])
    assert.ok([...of('refused'), ...of('failed')].every((line) => 'trace.id' in line === 'span.id' in line))
  })

  test('refusals by kind and route: nothing of the path, of the reason, of the client', async (t) => {
    const server = makeServer(t)
    server.route('/chat/:room', {
      upgrade() {
        throw reject(401, 'wrong s3cret')
      },
    })
    await server.listen({ port: 0, host: '127.0.0.1' })
    const { of, lines } = logged(server)
    assert.equal(await refusedAt(t, server, '/chat/s3cret'), 401)
    assert.equal(await refusedAt(t, server, '/nowhere/s3cret'), 404)
    assert.deepEqual(
      of('refused').map((line) => [line['holdfast.reason'], line['holdfast.route'], line['http.response.status_code']]),
      [
        ['reject 401', '/chat/:room', 401],
        ['path', undefined, 404],
      ],
    )
    assert.doesNotMatch(JSON.stringify(lines), /s3cret|127\.0\.0\.1/)
  })

  test('ends with close(): nobody listens any more; a second call does nothing', async (t) => {
    const server = await serve(t, { route: {} })
    const before = server.scope.held().length
    const { lines, close } = logged(server)
    assert.equal(server.scope.held().length, before + 1)
    close()
    close()
    assert.equal(server.scope.held().length, before)
    const client = await openRaw(t, server.port)
    client.closeFrame(1000)
    await until('it is over', () => server.ledger().closed === 1)
    assert.deepEqual(
      lines.filter((line) => line['event.action'] !== 'stall'),
      [],
    )
  })

  test('ends with the server, after its last connection', async (t) => {
    const server = await serve(t, { route: {} })
    const { of, lines } = logged(server)
    await openRaw(t, server.port)
    await server.close()
    assert.equal(of('close')[0]?.['holdfast.close.cause'], 'server closed')
    assert.throws(() => logs(server), { code: 'HF_OPTION_INVALID' })
    const { length } = lines
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(lines.length, length)
  })

  test("takes a pino of one's own, whose level counts", async (t) => {
    const server = await serve(t, { route: {} })
    const lines: Line[] = []
    const logger = pino(
      { level: 'info', base: { app: 'mine' } },
      { write: (line) => void lines.push(JSON.parse(line)) },
    )
    logs(server, { logger })
    const client = await openRaw(t, server.port)
    client.closeFrame(1000)
    await until('it is over', () => server.ledger().closed === 1)
    assert.equal(await refusedAt(t, server, '/nowhere'), 404)
    assert.deepEqual(
      // A machine that is busy may stop us for a while.
      lines
        .filter((line) => line['event.action'] !== 'stall')
        .map((line) => [line.app, line.level, line['event.action']]),
      [['mine', 30, 'refused']],
    )
    assert.throws(() => logs(server, { logger, level: 'debug' }), { code: 'HF_OPTION_INVALID' })
    assert.throws(() => logs(server, { logger: {} as never }), { code: 'HF_OPTION_INVALID' })
  })

  test('an error that is written is no warning of the process any more', async (t) => {
    const warnings: string[] = []
    const onWarning = ({ message }: Error): void => void warnings.push(message)
    process.on('warning', onWarning)
    t.after(() => process.off('warning', onWarning))
    const fails = {
      message() {
        throw new Error('only in the log')
      },
    }
    const server = await serve(t, { route: fails })
    const { of } = logged(server, { errorMessages: false })
    const client = await openRaw(t, server.port)
    client.text('x')
    await until('it is written', () => of('error').length === 1)
    await until('it is over', () => server.ledger().closed === 1)
    assert.doesNotMatch(JSON.stringify(of('error')), /only in the log/)
    assert.deepEqual(
      warnings.filter((message) => message.includes('only in the log')),
      [],
    )
  })

  test('that it is not ready any more, with the reasons, and ready again: when a probe is answered otherwise than before', async (t) => {
    const server = makeServer(t, { route: {}, connectionsMax: 1 })
    const { of, lines } = logged(server)
    const { port } = await admin(server, { port: 0 })
    const told = async () => {
      // Asked twice: what has not changed is no news.
      for (let turn = 0; turn < 2; turn++) await probe(port, '/readyz')
      return [...of('notReady'), ...of('ready')].map((line) => [line['log.level'], line.message])
    }
    const full = ['warn', 'not ready: over limit: who comes next is refused: connectionsMax']
    assert.deepEqual(await told(), [], 'that it starts is no news')
    await server.listen({ port: 0, host: '127.0.0.1' })
    assert.deepEqual(await told(), [])
    const client = await openRaw(t, server.port)
    assert.deepEqual(await told(), [full])
    client.closeFrame(1000)
    await until('it has left', () => server.connections.size === 0)
    assert.deepEqual(await told(), [full, ['info', 'ready again']])
    await server.drain()
    assert.equal((await told()).length, 2, 'a drain has a line of its own')
    assert.deepEqual(lines.flatMap(wrongIn), [])
  })

  test('a wave of refusals is a few lines and a count', async (t) => {
    const server = await serve(t, { route: {} })
    const { of, close } = logged(server, { repeatsMax: 3 })
    for (let turn = 0; turn < 12; turn++) await refusedAt(t, server, '/nowhere')
    close()
    const refused = of('refused')
    assert.equal(refused.length, 4)
    assert.equal(refused.at(-1)?.['holdfast.left_out'], 9)
    assert.equal(server.ledger().refused, 12)
  })
})
