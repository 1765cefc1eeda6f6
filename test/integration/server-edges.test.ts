/** Edges of the server: transports that break their word, neighbours on one HTTP server, close at odd moments, bad arguments. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import { type AddressInfo, createServer as createNetServer } from 'node:net'
import { Duplex } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { WebSocketServer } from 'ws'
import { createServer, type Server, type UpgradeRequest } from '../../src/index.ts'
import { deferred, turn, until, within } from '../support/deadline.ts'
import { connectRaw, openRaw, upgradeText } from '../support/raw-client.ts'
import { balanced, errorsOf, makeServer, onlyConnection, serve, settled } from '../support/serving.ts'
import { clientFrame } from '../support/wire.ts'

async function listening(t: TestContext): Promise<{ http: HttpServer; port: number }> {
  const http = createHttpServer()
  http.listen(0, '127.0.0.1')
  await within('listening', once(http, 'listening'))
  t.after(() => {
    http.closeAllConnections()
    http.close()
  })
  return { http, port: (http.address() as AddressInfo).port }
}

/** A transport of the user's own: no setNoDelay, no setKeepAlive, no setTimeout. */
class Pipe extends Duplex {
  written = ''
  override _read(): void {}
  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.written += chunk.toString('latin1')
    done()
  }
}

/** Its `close` never comes. */
class DeafPipe extends Pipe {
  override _destroy(): void {}
}

test('a transport without the methods of a TCP socket is served', async (t) => {
  const http = createHttpServer()
  const server = makeServer(t, {
    ...{ keepaliveIntervalMs: 50, tcpKeepaliveMs: 1_000 },
    route: { message: (connection, message) => void connection.send(message) },
  })
  server.attach(http)
  const pipe = new Pipe()
  http.emit('connection', pipe)
  pipe.push(upgradeText('/'))
  const connection = await onlyConnection(server)
  pipe.push(clientFrame({ opcode: 1, payload: 'hello' }))
  await until('the echo', () => pipe.written.endsWith('\x81\x05hello'))
  await until('a ping, after the kernel was asked to probe', () => pipe.written.includes('\x89\x00'))
  assert.equal(connection.state, 'open')
  pipe.push(null)
  await settled(server)
})

test('a transport that never says it is closed is given up, and the server closes', async (t) => {
  for (const through of ['connection', 'upgrade'] as const) {
    for (const stage of ['open', 'opening', 'refused', 'killed'] as const) {
      await t.test(`${through}, ${stage}`, async (t) => {
        const http = createHttpServer()
        const gate = deferred()
        let closes = 0
        const server = makeServer(t, { closeTimeoutMs: 60, drainTimeoutMs: 60, handshakeTimeoutMs: 150 })
        server.route('/', { close: () => void closes++ })
        server.route<void>('/opening', { upgrade: () => gate.promise })
        server.attach(http)
        const path = stage === 'opening' || stage === 'refused' ? `/${stage}` : '/'
        const pipe = new DeafPipe()
        if (through === 'connection') {
          http.emit('connection', pipe)
          pipe.push(upgradeText(path))
          await until('it has come', () => server.ledger().upgrades === 1)
        } else {
          const headers = {
            ...{ host: 'localhost', upgrade: 'websocket', connection: 'Upgrade' },
            ...{ 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' },
          }
          const rawHeaders = Object.entries(headers).flat()
          const message = { method: 'GET', url: path, httpVersion: '1.1', headers, rawHeaders }
          http.emit('upgrade', message, pipe, Buffer.alloc(0))
        }
        if (stage === 'killed') (await onlyConnection(server)).kill()
        await within('close', server.close())
        assert.equal(server.connections.size, 0)
        assert.equal(closes, stage === 'open' || stage === 'killed' ? 1 : 0)
        const { sockets, opening } = server.ledger()
        assert.deepEqual([sockets, opening], [0, 0])
        await balanced(server)
        gate.resolve()
      })
    }
  }
})

test('two servers with the same path on one HTTP server: the first serves it, and both close', async (t) => {
  const { http, port } = await listening(t)
  const [one, two] = [makeServer(t), makeServer(t)]
  one.route('/', { message: (connection) => void connection.send('one') }).attach(http)
  two.route('/', { message: (connection) => void connection.send('two') }).attach(http)
  const client = await openRaw(t, port)
  client.text('who?')
  assert.deepEqual(await client.nextTexts(1), ['one'])
  assert.deepEqual([one.ledger().upgrades, two.ledger().upgrades], [1, 0])
  client.socket.end()
  await settled(one)
  await within('both to close', Promise.all([one.close(), two.close()]))
  await balanced(one)
  await balanced(two)
})

test('an upgrade left to others is judged when the server closes', async (t) => {
  await t.test('nobody took it: destroyed', async (t) => {
    const { http, port } = await listening(t)
    http.on('upgrade', () => {})
    const server = makeServer(t, { handshakeTimeoutMs: 300_000, route: {} })
    server.attach(http)
    const came = once(http, 'upgrade')
    const client = await connectRaw(t, port)
    client.write(upgradeText('/other'))
    await within('the upgrade', came)
    await within('close', server.close())
    await client.gone()
  })
  await t.test('somebody took it: left alone', async (t) => {
    const { http, port } = await listening(t)
    const server = makeServer(t, { handshakeTimeoutMs: 300_000, route: {} })
    server.attach(http)
    const theirs = new WebSocketServer({ noServer: true })
    t.after(() => theirs.close())
    http.on('upgrade', (request, socket, head) => {
      if (request.url !== '/other') return
      theirs.handleUpgrade(request, socket, head, (peer) => peer.on('message', (text) => peer.send(`theirs ${text}`)))
    })
    const client = await openRaw(t, port, '/other')
    await within('close', server.close())
    client.text('hello')
    assert.deepEqual(await client.nextTexts(1), ['theirs hello'])
    assert.equal(client.closed, false)
  })
})

test('close during listen: listen rejects, and nothing listens', async (t) => {
  const active = (kind: RegExp): number => process.getActiveResourcesInfo().filter((name) => kind.test(name)).length
  await until('the listeners of the tests before are gone', () => active(/TCPServer/i) === 0)
  for (const host of ['localhost', '127.0.0.1', undefined]) {
    await t.test(`host ${host}`, async () => {
      const server = createServer()
      const listen = server.listen({ port: 0, ...(host !== undefined && { host }) })
      const told = within('listen', listen).then(
        () => 'resolved',
        (thrown) => thrown.code,
      )
      await within('close', server.close())
      const code = await told
      // It may have been quicker; then it did listen.
      if (host === 'localhost' || code !== 'resolved') assert.equal(code, 'HF_SERVER_STATE')
      assert.equal(server.port, 0)
      // A name that is still being looked up could be listened at later.
      await until('nothing is looked up', () => active(/GetAddrInfo/i) === 0)
      await turn()
      await until('nothing listens', () => active(/TCPServer/i) === 0)
    })
  }
})

test('a listen that fails leaves what is attached alone; listening beside it works', async (t) => {
  const blocker = createNetServer().listen(0, '127.0.0.1')
  await within('listening', once(blocker, 'listening'))
  t.after(() => blocker.close())
  const { http, port } = await listening(t)
  const later = await listening(t)
  const server = makeServer(t, { route: { message: (connection) => void connection.send('here') } })
  server.attach(http)
  const failing = server.listen({ port: (blocker.address() as AddressInfo).port, host: '127.0.0.1' })
  server.attach(later.http)
  await assert.rejects(failing, { code: 'HF_PORT_IN_USE' })
  await server.listen({ port: 0, host: '127.0.0.1' })
  for (const at of [port, later.port, server.port]) {
    const client = await openRaw(t, at)
    client.text('x')
    assert.deepEqual(await client.nextTexts(1), ['here'], `port ${at}`)
    client.socket.end()
  }
  await settled(server)
  await within('close', server.close())
  assert.deepEqual([http.listenerCount('upgrade'), later.http.listenerCount('upgrade')], [0, 0])
})

test('more than 64 KiB before the answer: 400, the upgrade is told, and the ledger balances', async (t) => {
  for (const when of ['with the request', 'later'] as const) {
    await t.test(when, async (t) => {
      const gate = deferred()
      const seen: UpgradeRequest['signal'][] = []
      const server: Server = await serve<void>(t, {
        handshakeTimeoutMs: 60_000,
        route: {
          upgrade(request) {
            seen.push(request.signal)
            return gate.promise
          },
        },
      })
      const errors = errorsOf(server)
      const client = await connectRaw(t, server.port)
      const early = clientFrame({ opcode: 2, payload: Buffer.alloc(200_000) })
      if (when === 'later') {
        client.write(upgradeText('/'))
        await until('it is asked', () => seen.length === 1)
        client.write(early)
      } else client.write(Buffer.concat([Buffer.from(upgradeText('/')), early]))
      const { status, body } = await client.answer()
      assert.equal(status, 400)
      assert.match(body, /64 KiB/)
      assert.ok(seen.every((signal) => signal.aborted))
      gate.resolve()
      await turn()
      client.socket.end()
      await settled(server)
      const { refused, accepted, failed } = server.ledger()
      assert.deepEqual([refused, accepted, failed], [1, 0, 0])
      assert.deepEqual(errors, [])
    })
  }
})

test('headers named like what every object has are not there', async (t) => {
  const seen: unknown[] = []
  const server = await serve(t, {
    route: {
      upgrade({ headers }) {
        for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf'])
          seen.push(headers.get(name), headers.has(name))
        seen.push(headers.get('X-Mine'))
        return undefined
      },
    },
  })
  await openRaw(t, server.port, '/', { 'X-Mine': 'here' })
  assert.deepEqual(seen, [...Array.from({ length: 5 }, () => [null, false]).flat(), 'here'])
})

test('null and other things where an object is wanted are told at once', () => {
  const nothing = null as never
  assert.throws(() => createServer(nothing), { code: 'HF_OPTION_INVALID' })
  assert.throws(() => createServer(7 as never), { code: 'HF_OPTION_INVALID' })
  const server = createServer()
  assert.throws(() => server.route('/x', nothing), { code: 'HF_OPTION_INVALID' })
  for (const wrong of [nothing, undefined as never, {} as never, 7 as never]) {
    assert.throws(() => server.attach(wrong), { code: 'HF_OPTION_INVALID' }, `attach ${String(wrong)}`)
    assert.throws(() => server.use(wrong), { code: 'HF_OPTION_INVALID' }, `use ${String(wrong)}`)
  }
  // What was refused has left nothing behind.
  server.route('/x', {})
})

test('a message published while a connection ends does not count as accepted for it, whatever it shares with others', async (t) => {
  const said: unknown[] = []
  const server: Server = await serve(t, {
    route: {
      async message(connection, _, turn): Promise<void> {
        connection.join('room')
        const tell = (): void => {
          const { messagesSent } = connection
          said.push(server.publish('it leaves'), server.room('room').publish('it leaves'), connection.send('you leave'))
          assert.equal(connection.messagesSent, messagesSent)
        }
        turn.signal.addEventListener('abort', tell)
        connection.signal.addEventListener('abort', tell)
        // Behind the turn in which it was accepted, so that what is published is all that waits for it.
        await new Promise((resolve) => setImmediate(resolve))
        assert.equal(server.publish('hello'), 1)
        connection.kill()
      },
    },
  })
  const client = await openRaw(t, server.port)
  client.text('go')
  await until('it is over', () => server.ledger().closed === 1)
  assert.deepEqual(said, [0, 0, 'ended', 0, 0, 'ended'])
  assert.equal(server.ledger().messagesSent, 1)
})

test('publish: options that are null leave nobody out; except what is no connection is refused, and nobody gets anything', async (t) => {
  const server = await serve(t, { route: { open: (connection) => void connection.join('room') } })
  const client = await openRaw(t, server.port)
  await until('it is in the room', () => server.room('room').size === 1)
  assert.equal(server.publish('a', null as never), 1)
  assert.throws(() => server.publish('b', { except: {} as never }), { code: 'HF_OPTION_INVALID' })
  assert.equal(server.publish('c', { except: null as never }), 1)
  assert.equal(server.room('room').publish('d', null as never), 1)
  assert.throws(() => server.room('room').publish('e', { except: {} as never }), { code: 'HF_OPTION_INVALID' })
  assert.deepEqual(await client.nextTexts(3), ['a', 'c', 'd'])
  const [connection] = server.connections
  assert.equal(server.publish('f', { except: connection! }), 0)
})
