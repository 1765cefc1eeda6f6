/** Beside an application: ordinary requests are left alone, unknown upgrades are left to others, nobody's are ended. */
import assert from 'node:assert/strict'
import { createServer as createHttpServer, get, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { WebSocketServer } from 'ws'
import { createServer } from '../../src/index.ts'
import { until, within } from '../support/deadline.ts'
import { connectRaw, openRaw, upgradeText } from '../support/raw-client.ts'
import { balanced, makeServer, settled } from '../support/serving.ts'

const ECHO = {
  message: (connection: { send(message: string | Buffer): unknown }, message: string | Buffer) =>
    connection.send(message),
}

async function application(t: TestContext): Promise<{ http: HttpServer; port: number }> {
  const http = createHttpServer((request, response) => response.end(`page ${request.url}`))
  http.listen(0, '127.0.0.1')
  await within('listening', new Promise((resolve) => http.once('listening', resolve)))
  t.after(() => {
    http.closeAllConnections()
    http.close()
  })
  return { http, port: (http.address() as AddressInfo).port }
}

function page(port: number, path: string): Promise<string> {
  return within(
    'the page',
    new Promise((resolve, reject) => {
      get({ port, path, host: '127.0.0.1', agent: false }, (response) => {
        let body = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
        response.on('end', () => resolve(body))
      }).on('error', reject)
    }),
  )
}

test('ordinary requests are untouched, before, during and after; upgrades are served', async (t) => {
  const { http, port } = await application(t)
  const before = http.eventNames().map((name) => [name, http.listenerCount(name)])
  const server = makeServer(t)
  server.route('/ws', ECHO).attach(http)
  assert.equal(await page(port, '/a'), 'page /a')
  const client = await openRaw(t, port, '/ws')
  client.text('hello')
  assert.deepEqual(await client.nextTexts(1), ['hello'])
  assert.equal(await page(port, '/ws'), 'page /ws', 'a path of ours without an upgrade is an ordinary request')
  client.socket.end()
  await settled(server)
  await server.close()
  assert.equal(await page(port, '/b'), 'page /b')
  assert.deepEqual(
    http.eventNames().map((name) => [name, http.listenerCount(name)]),
    before,
  )
})

test('alone on the HTTP server, an unknown path gets 404', async (t) => {
  const { http, port } = await application(t)
  const server = makeServer(t)
  server.route('/ws', ECHO).attach(http)
  for (const path of ['/other', '/ws/', '/WS', '/%zz', '*', '//ws']) {
    const client = await connectRaw(t, port)
    client.write(upgradeText(path))
    assert.equal((await client.answer()).status, 404, path)
    await client.gone()
  }
  await settled(server)
})

test('beside ws on the same HTTP server, each serves its own path', async (t) => {
  const { http, port } = await application(t)
  const server = makeServer(t, { handshakeTimeoutMs: 150 })
  server.route('/ours', ECHO).attach(http)
  const theirs = new WebSocketServer({ noServer: true })
  http.on('upgrade', (request, socket, head) => {
    if (request.url === '/theirs')
      theirs.handleUpgrade(request, socket, head, (peer) =>
        peer.on('message', (data) => peer.send(`theirs ${String(data)}`)),
      )
  })
  const ours = await openRaw(t, port, '/ours')
  const other = await openRaw(t, port, '/theirs')
  ours.text('hello')
  other.text('hello')
  assert.deepEqual(await ours.nextTexts(1), ['hello'])
  assert.deepEqual(await other.nextTexts(1), ['theirs hello'])
  // Beyond the time after which a socket nobody took is destroyed.
  await new Promise((resolve) => setTimeout(resolve, 400))
  other.text('again')
  assert.deepEqual(await other.nextTexts(2), ['theirs hello', 'theirs again'])
  assert.equal(server.ledger().upgrades, 1)
})

test('an upgrade nobody takes is destroyed at handshakeTimeoutMs, and a reset before that is no crash', async (t) => {
  const { http, port } = await application(t)
  const server = makeServer(t, { handshakeTimeoutMs: 100 })
  server.route('/ours', ECHO).attach(http)
  http.on('upgrade', () => {})
  const reset = await connectRaw(t, port)
  reset.write(upgradeText('/nobody'))
  const client = await connectRaw(t, port)
  client.write(upgradeText('/nobody'))
  reset.socket.resetAndDestroy()
  await client.gone()
  assert.equal(client.received.length, 0)
  const connections = await new Promise((resolve) => http.getConnections((_, count) => resolve(count)))
  assert.equal(connections, 0)
})

test('two servers on one HTTP server: each has its paths, its connections and its end', async (t) => {
  const { http, port } = await application(t)
  const [one, two] = [makeServer(t, { handshakeTimeoutMs: 150 }), makeServer(t, { handshakeTimeoutMs: 150 })]
  one.route('/one', { open: (connection) => void connection.send('one') }).attach(http)
  two.route('/two', { open: (connection) => void connection.send('two') }).attach(http)
  const [first, second] = [await openRaw(t, port, '/one'), await openRaw(t, port, '/two')]
  assert.deepEqual([await first.nextTexts(1), await second.nextTexts(1)], [['one'], ['two']])
  assert.deepEqual([one.connections.size, two.connections.size], [1, 1])
  const closed = one.close()
  assert.equal((await first.closeCode()).code, 1001)
  first.closeFrame(1001)
  await within('one to close', closed)
  await new Promise((resolve) => setTimeout(resolve, 300))
  assert.equal(second.closed, false)
  const third = await openRaw(t, port, '/two')
  assert.deepEqual(await third.nextTexts(1), ['two'])
  const lost = await connectRaw(t, port)
  lost.write(upgradeText('/one'))
  assert.equal((await lost.answer()).status, 404)
})

test('attached twice to one HTTP server it serves each upgrade once', async (t) => {
  const { http, port } = await application(t)
  const server = makeServer(t)
  server.route('/ws', ECHO).attach(http).attach(http)
  const client = await openRaw(t, port, '/ws')
  client.text('x')
  assert.deepEqual(await client.nextTexts(1), ['x'])
  assert.equal(server.connections.size, 1)
  await balanced(server)
  client.socket.end()
  await settled(server)
  const unknown = await connectRaw(t, port)
  unknown.write(upgradeText('/unknown'))
  assert.equal((await unknown.answer()).status, 404)
})

test('one server on two HTTP servers', async (t) => {
  const [one, two] = [await application(t), await application(t)]
  const server = makeServer(t)
  server.route('/ws', ECHO).attach(one.http).attach(two.http)
  const clients = [await openRaw(t, one.port, '/ws'), await openRaw(t, two.port, '/ws')]
  await until('both are there', () => server.connections.size === 2)
  assert.equal(server.publish('all'), 2)
  for (const client of clients) assert.deepEqual(await client.nextTexts(1), ['all'])
})

test('a server that is closed takes no more', async () => {
  const server = createServer()
  await server.close()
  assert.throws(() => server.attach(createHttpServer()), { code: 'HF_SERVER_STATE' })
  await assert.rejects(server.listen({ port: 0 }), { code: 'HF_SERVER_STATE' })
})
