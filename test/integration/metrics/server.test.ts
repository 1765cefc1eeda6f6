/** `/metrics` of a server in its own process: what it says is what the ledger says and what was done; nothing of any client is in it. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { reject } from '../../../src/index.ts'
import { admin } from '../../../src/ops/index.ts'
import { METRIC_NAMES, metricOf } from '../../../src/ops/metrics/metric-table.ts'
import { INTERNALS } from '../../../src/server/internals.ts'
import { ask } from '../../support/admin-client.ts'
import { until } from '../../support/deadline.ts'
import { familiesOf, scrape, seriesOf, sumOf } from '../../support/exposition.ts'
import { openRaw } from '../../support/raw-client.ts'
import { errorsOf, makeServer, onlyConnection, serve, settled } from '../../support/serving.ts'

const OPEN_METRICS = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5'

describe('/metrics', { concurrency: true }, () => {
  test('says whether it is ready, as /readyz does', async (t) => {
    const server = makeServer(t, { route: {}, connectionsMax: 1 })
    const { port } = await admin(server, { port: 0 })
    const ready = async (): Promise<(number | undefined)[]> => [
      (await scrape(port)).get('holdfast_ready'),
      (await ask(port, '/readyz')).status,
    ]
    assert.deepEqual(await ready(), [0, 503])
    await server.listen({ port: 0, host: '127.0.0.1' })
    assert.deepEqual(await ready(), [1, 200])
    await openRaw(t, server.port)
    assert.deepEqual(await ready(), [0, 503])
  })

  test('says what happened, by route', async (t) => {
    const server = makeServer(t)
    errorsOf(server)
    server.route('/chat/:room', {
      message(connection, message) {
        if (message === 'fail') throw new Error('told to')
        connection.send(message)
      },
    })
    server.route('/slow', { message: () => new Promise((resolve) => setTimeout(resolve, 60)) })
    const closes = [() => new Promise((resolve) => setTimeout(resolve, 60)), () => new Promise(() => {})]
    server.route('/leaves', { handlerTimeoutMs: 300, close: () => closes.shift()?.() })
    server.route('/closed', { upgrade: () => reject(401, 'no') })
    await server.listen({ port: 0, host: '127.0.0.1' })
    const { port } = await admin(server, { port: 0 })
    const chat = await openRaw(t, server.port, '/chat/1')
    const failing = await openRaw(t, server.port, '/chat/2')
    const slow = await openRaw(t, server.port, '/slow')
    chat.text('hello')
    slow.text('work')
    failing.text('fail')
    for (const leaving of [await openRaw(t, server.port, '/leaves'), await openRaw(t, server.port, '/leaves')])
      leaving.socket.destroy()
    await fetch(`http://127.0.0.1:${server.port}/closed`, { headers: { Upgrade: 'websocket' } }).catch(() => {})
    await until('it has failed, and two have left', () => server.ledger().closed === 3)
    let series = await scrape(port)
    const seen = async (name: string, labels: Readonly<Record<string, string>>, value: number): Promise<void> => {
      for (let look = 0; look < 300 && sumOf(series, name, labels) !== value; look++) {
        await new Promise((resolve) => setTimeout(resolve, 10))
        series = await scrape(port)
      }
      assert.equal(sumOf(series, name, labels), value, `${name} ${JSON.stringify(labels)}`)
    }
    await seen('holdfast_handler_duration_seconds_count', { route: '/leaves' }, 2)
    await seen('holdfast_handler_duration_seconds_bucket', { route: '/leaves', le: '0.05' }, 0)
    await seen('holdfast_handler_duration_seconds_count', { route: '/slow' }, 1)
    await seen('holdfast_handler_duration_seconds_bucket', { route: '/slow', le: '0.05' }, 0)
    await seen('holdfast_handler_duration_seconds_count', { route: '/chat/:room' }, 2)
    await seen('holdfast_handler_errors_total', { route: '/chat/:room' }, 1)
    await seen('holdfast_handler_errors_total', { route: '/slow' }, 0)
    await seen('holdfast_connections_opened_total', { route: '/chat/:room' }, 2)
    await seen('holdfast_handshake_duration_seconds_count', { route: '/chat/:room' }, 2)
    await seen('holdfast_connections', { route: '/chat/:room', state: 'open' }, 1)
    await seen('holdfast_connections_closed_total', { route: '/chat/:room', code: '1011', by: 'server' }, 1)
    const ledger = server.ledger()
    await seen('holdfast_messages_received_total', {}, ledger.messagesReceived)
    await seen('holdfast_messages_sent_total', {}, ledger.messagesSent)
    await seen('holdfast_upgrades_refused_total', {}, ledger.refused)
    await seen('holdfast_ledger_imbalance', {}, 0)
    assert.ok(sumOf(series, 'holdfast_received_bytes_total') > 300, 'three upgrade requests and three messages')
    assert.ok(sumOf(series, 'process_open_fds') > 5)
    assert.ok(sumOf(series, 'holdfast_memory_bytes') > 10_000_000)
    assert.ok(sumOf(series, 'holdfast_event_loop_delay_seconds_count') > 0)
    // The bytes of sockets that have gone stay in the sum.
    const before = sumOf(series, 'holdfast_received_bytes_total')
    chat.destroy()
    await until('it has gone', () => server.ledger().closed === 4)
    assert.ok(sumOf(await scrape(port), 'holdfast_received_bytes_total') >= before)
  })

  test('the bytes that were sent never fall, also when a socket throws away what nobody has read', async (t) => {
    const server = await serve(t, { outboxBytesMax: 64 * 2 ** 20, closeTimeoutMs: 300, route: {} })
    const { port } = await admin(server, { port: 0 })
    const client = await openRaw(t, server.port)
    client.socket.pause()
    const connection = await onlyConnection(server)
    const piece = 'x'.repeat(300_000)
    const sent = async (): Promise<number> => sumOf(await scrape(port), 'holdfast_sent_bytes_total')
    // More than the kernel takes, so that it waits with us.
    for (let pieces = 0; pieces < 100; pieces++) connection.send(piece)
    const seen = [await sent()]
    // What waits is handed to the socket, which is destroyed with it when the time is over.
    connection.end()
    while (server.ledger().closed === 0) seen.push(await sent())
    seen.push(await sent())
    assert.deepEqual(
      seen.filter((bytes, at) => bytes < (seen[at - 1] ?? 0)),
      [],
    )
    assert.ok((seen.at(-1) ?? 0) < 100 * piece.length, 'some of it was thrown away')
  })

  test('codes that clients choose are told apart up to a bound', async (t) => {
    const server = await serve(t, { route: {} })
    const { port } = await admin(server, { port: 0 })
    const clients = await Promise.all(Array.from({ length: 25 }, () => openRaw(t, server.port)))
    for (const [index, client] of clients.entries()) client.closeFrame(4_000 + index)
    await settled(server)
    const series = await scrape(port)
    const codes = [...series.keys()].filter((key) => key.startsWith('holdfast_connections_closed_total'))
    assert.equal(codes.length, 21)
    assert.equal(sumOf(series, 'holdfast_connections_closed_total', { code: 'other' }), 5)
    assert.equal(sumOf(series, 'holdfast_connections_closed_total'), server.ledger().closed)
  })

  test('has nothing of any client in it', async (t) => {
    const server = await serve(t, { route: { open: (connection) => connection.join('secret room') } })
    const { port } = await admin(server, { port: 0 })
    const client = await openRaw(t, server.port, '/?token=in-the-url', { Cookie: 'session=private' })
    client.text('payload of a client')
    await fetch(`http://127.0.0.1:${server.port}/asked-for?token=also-secret`).catch(() => {})
    await until('it has come', () => server.ledger().messagesReceived === 1)
    const id = [...server.connections][0]?.id ?? ''
    for (const path of ['/metrics', '/metrics?format=json']) {
      const { body } = await ask(port, path)
      assert.match(body, /holdfast_messages_received_total/)
      for (const secret of ['secret', 'in-the-url', 'private', 'payload', 'asked-for', '127.0.0.1', id]) {
        assert.ok(!body.includes(secret), `${path} has ${secret}`)
      }
    }
  })

  test('is text for Prometheus, OpenMetrics for who asks for it, and JSON; HEAD has no body', async (t) => {
    const server = await serve(t, { route: {} })
    const { port } = await admin(server, { port: 0 })
    const text = await ask(port, '/metrics')
    assert.equal(text.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
    const open = await ask(port, '/metrics', { headers: { Accept: OPEN_METRICS } })
    assert.equal(open.headers['content-type'], 'application/openmetrics-text; version=1.0.0; charset=utf-8')
    assert.match(
      open.body,
      /\n# TYPE holdfast_messages_sent counter\nholdfast_messages_sent_total 0\n[\s\S]*\n# EOF\n$/,
    )
    const head = await ask(port, '/metrics', { method: 'HEAD' })
    assert.deepEqual([head.status, head.body], [200, ''])
    const families = familiesOf(text.body)
    for (const { name, type } of families) assert.equal(type, metricOf(name as never).type, name)
    const said = new Set(families.map(({ name }) => name))
    const missing = METRIC_NAMES.filter((name) => metricOf(name).of !== 'supervisor' && !said.has(name))
    // Nothing has closed, was refused, or was found by a census yet.
    assert.deepEqual(missing, [
      ...['holdfast_connections_closed_total', 'holdfast_upgrades_refused_total', 'holdfast_upgrades_failed_total'],
      ...['holdfast_handshake_duration_seconds', 'holdfast_handler_duration_seconds'],
      ...['holdfast_retained', 'holdfast_leaks'],
    ])
    assert.equal(seriesOf(text.body).get('holdfast_connections{route="/",state="open"}'), 0)
  })

  test('nothing is counted for it before anybody opens an admin port', async (t) => {
    const server = await serve(t, { route: { message: (connection) => void connection.send('x') } })
    const client = await openRaw(t, server.port)
    client.text('before')
    await until('it is answered', () => client.texts.length === 1)
    // What asks turns it on.
    assert.deepEqual((await server[INTERNALS].figures()).routes, {})
    client.text('after')
    await until('it is answered', () => client.texts.length === 2)
    assert.equal(
      (await server[INTERNALS].figures()).routes['/']?.handlers.counts.reduce((sum, count) => sum + count),
      1,
    )
  })
})
