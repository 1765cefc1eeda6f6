/**
 * The whole ledger over real sockets, and the check against the kernel. Negative controls: a socket hidden from the ledger,
 * one that is gone but still counted, and one that only the kernel knows are all found.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttp } from 'node:http'
import { type AddressInfo, createServer as createNet, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { reject } from '../../src/index.ts'
import { KernelCheck } from '../../src/server/kernel-check.ts'
import { deferred, until } from '../support/deadline.ts'
import { connectRaw, openRaw, upgradeText } from '../support/raw-client.ts'
import { balanced, makeServer, onlyConnection, serve, settled } from '../support/serving.ts'
import { clientFrame } from '../support/wire.ts'

const linux = process.platform === 'linux'

async function asked(t: TestContext, port: number, request: string): Promise<number> {
  const client = await connectRaw(t, port)
  client.write(request)
  const { status } = await client.answer()
  await client.gone()
  return status
}

test('refusals are counted by status and by reason', async (t) => {
  const server = makeServer(t, { origins: ['https://ours.example'] })
  server.route('/', { protocols: ['v1'] })
  server.route('/reject', {
    upgrade() {
      throw reject(401)
    },
  })
  server.route('/throw', {
    upgrade() {
      throw new Error('on purpose')
    },
  })
  server.on('error', () => {})
  await server.listen({ port: 0, host: '127.0.0.1' })
  const { port } = server
  await asked(t, port, upgradeText('/nowhere'))
  await asked(t, port, upgradeText('/', { Origin: 'https://theirs.example' }))
  await asked(t, port, upgradeText('/', { 'Sec-WebSocket-Protocol': 'v9' }))
  await asked(t, port, upgradeText('/', { 'Sec-WebSocket-Version': '7' }))
  await asked(t, port, upgradeText('/reject'))
  await asked(t, port, upgradeText('/reject'))
  await asked(t, port, upgradeText('/throw'))
  await settled(server)
  const { refused, refusedByStatus, refusedByReason } = server.ledger()
  assert.equal(refused, 7)
  assert.deepEqual(refusedByStatus, { 400: 1, 401: 2, 403: 1, 404: 1, 426: 1, 500: 1 })
  assert.deepEqual(refusedByReason, { path: 1, origin: 1, protocol: 1, handshake: 1, 'reject 401': 2, failed: 1 })
})

test('upgrades without an answer are counted by reason', async (t) => {
  const server = await serve(t, { handshakeTimeoutMs: 300, route: { upgrade: () => new Promise<undefined>(() => {}) } })
  const late = await connectRaw(t, server.port)
  late.write(upgradeText('/'))
  const leaver = await connectRaw(t, server.port)
  leaver.write(upgradeText('/'))
  await until('both wait', () => server.ledger().opening === 2)
  leaver.destroy()
  await until('both have failed', () => server.ledger().failed === 2)
  assert.deepEqual(server.ledger().failedByReason, { 'peer left': 1, deadline: 1 })
  late.destroy()
  await settled(server)
})

test('endings are counted by code, side and reason', async (t) => {
  const server = await serve(t, { route: {} })
  const first = await openRaw(t, server.port)
  first.closeFrame(1000)
  await first.gone()
  const second = await openRaw(t, server.port)
  second.write(clientFrame({ opcode: 1, payload: 'x', mask: null }))
  await second.gone()
  const third = await openRaw(t, server.port)
  await until('it is the only one', () => server.connections.size === 1)
  const connection = await onlyConnection(server)
  connection.end({ code: 4001, reason: 'nothing received within reason' })
  third.closeFrame(4001)
  await settled(server)
  const { closed, endingsByCode, endingsBy, endingsByReason } = server.ledger()
  assert.equal(closed, 3)
  assert.deepEqual(endingsByCode, { 1000: 1, 1002: 1, 4001: 1 })
  assert.deepEqual(endingsBy, { peer: 1, server: 2, network: 0 })
  assert.deepEqual(endingsByReason, { violation: 1, user: 1 })
})

test('routes have their connections, waiting upgrades and refused ones that stay', async (t) => {
  const gate = deferred()
  const server = makeServer(t, { closeTimeoutMs: 2_000 })
  server.route('/room/:name', {})
  server.route('/slow', { upgrade: () => gate.promise })
  await server.listen({ port: 0, host: '127.0.0.1' })
  const client = await openRaw(t, server.port, '/room/a')
  const waiting = await connectRaw(t, server.port)
  waiting.write(upgradeText('/slow'))
  const stays = await connectRaw(t, server.port, true)
  stays.write(upgradeText('/nowhere'))
  await until('it is refused', () => server.ledger().refused === 1)
  await until('one waits', () => server.ledger().opening === 1)
  const { routes } = server.ledger()
  assert.deepEqual(Object.keys(routes), ['/room/:name', '/slow', 'no route'])
  assert.equal(routes['/room/:name']?.open, 1)
  assert.equal(routes['/room/:name']?.ages['<1m'], 1)
  assert.equal(routes['/slow']?.opening, 1)
  assert.equal(routes['no route']?.leaving, 1)
  await balanced(server)
  gate.resolve()
  await waiting.answer()
  assert.equal(server.ledger().routes['/slow']?.open, 1)
  for (const one of [client, waiting, stays]) one.destroy()
  await settled(server)
  assert.deepEqual(Object.keys(server.ledger().routes), ['/room/:name', '/slow'])
})

test('the kernel has the sockets we hold, upgraded or not, while it runs and after close()', async (t) => {
  const server = await serve(t, { route: {} })
  const clients = [await openRaw(t, server.port), await openRaw(t, server.port)]
  await connectRaw(t, server.port)
  await until('all are there', () => server.connections.size === 2)
  let report = await server.checkKernel()
  if (!linux) {
    assert.equal(report.supported, false)
    return
  }
  for (let look = 0; look < 50 && report.held < 3; look++) report = await server.checkKernel()
  assert.deepEqual(report, {
    ...{ supported: true, held: 3, kernel: 3, byState: { ESTABLISHED: 3 }, notUpgraded: 1, imbalances: [] },
  })
  for (const client of clients) client.destroy()
  await server.close()
  report = await server.checkKernel()
  assert.deepEqual([report.held, report.kernel, report.imbalances], [0, 0, []])
})

test('a socket that has hung up and is left alone is seen in CLOSE_WAIT', {
  skip: !linux && 'Linux only',
}, async (t) => {
  const half = createNet({ allowHalfOpen: true })
  t.after(() => half.close())
  const server = makeServer(t).attach(half)
  half.listen(0, '127.0.0.1')
  await once(half, 'listening')
  const came = once(half, 'connection') as Promise<[Socket]>
  const client = await connectRaw(t, (half.address() as AddressInfo).port, true)
  const [socket] = await came
  t.after(() => socket.destroy())
  assert.deepEqual((await server.checkKernel()).byState, { ESTABLISHED: 1 })
  client.socket.end()
  socket.resume()
  await once(socket, 'end')
  const report = await server.checkKernel()
  assert.deepEqual([report.byState, report.notUpgraded, report.imbalances], [{ CLOSE_WAIT: 1 }, 1, []])
})

test('control: a socket that is gone but still counted is found', { skip: !linux && 'Linux only' }, async (t) => {
  const http = createHttp()
  t.after(() => http.close())
  const server = makeServer(t, { route: {} }).attach(http)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const came = once(http, 'connection') as Promise<[Socket]>
  await openRaw(t, (http.address() as AddressInfo).port)
  const [socket] = await came
  await balanced(server)
  // As if we had missed that it closed.
  socket.removeAllListeners('close')
  socket.destroy()
  assert.deepEqual(server.ledger().imbalances, [])
  await assert.rejects(balanced(server), /sockets in the ledger <= sockets Node holds: 1 and 0/)
})

test('control: what is hidden from the ledger, or from Node, is found', { skip: !linux && 'Linux only' }, async (t) => {
  const net = createNet()
  t.after(() => net.close())
  net.listen(0, '127.0.0.1')
  await once(net, 'listening')
  const came = once(net, 'connection') as Promise<[Socket]>
  await connectRaw(t, (net.address() as AddressInfo).port)
  const [socket] = await came
  t.after(() => socket.destroy())
  type Context = ConstructorParameters<typeof KernelCheck>[0]
  const lives = () => [{ state: { name: 'open' }, socket: {} }].values()
  const context = { hub: { lives }, openings: new Map(), arrivals: { sockets: new Set() } }
  const check = (sockets: number): KernelCheck =>
    new KernelCheck({ ...context, ledger: { sockets } } as unknown as Context)
  assert.deepEqual((await check(1).check([net])).imbalances, [])
  assert.deepEqual((await check(0).check([net])).imbalances, [
    'sockets in the ledger = sockets of connections and upgrades: 0 and 1',
  ])
  net.getConnections = (told) => {
    queueMicrotask(() => told(null, 0))
    return net
  }
  const { imbalances } = await check(1).check([net])
  assert.deepEqual(imbalances, [
    'sockets in the ledger <= sockets Node holds: 1 and 0',
    'sockets of the kernel <= sockets Node holds: 1 and 0',
  ])
})
