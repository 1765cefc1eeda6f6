/** Admission: who is let in when too many come, what the others are told, and that every place is given back. */
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { reject, type Server, type ServerEvents, type ServerOptionsInput } from '../../src/index.ts'
import { type Deferred, deferred, turn, until, within } from '../support/deadline.ts'
import { ManualClock } from '../support/manual-clock.ts'
import {
  type Answer,
  connectRaw,
  openRaw,
  type RawClient,
  type RequestHeaders,
  upgradeText,
} from '../support/raw-client.ts'
import { balanced, makeServer, onlyConnection, serve, settled } from '../support/serving.ts'

type Test = Parameters<typeof serve>[0]

/** All of them ask at once. */
async function storm(
  t: Test,
  server: { readonly port: number },
  count: number,
  headers: RequestHeaders = {},
): Promise<RawClient[]> {
  const clients = await Promise.all(Array.from({ length: count }, () => connectRaw(t, server.port)))
  for (const client of clients) client.write(upgradeText('/', headers))
  return clients
}

async function answersOf(clients: readonly RawClient[]): Promise<Answer[]> {
  return Promise.all(clients.map((client) => client.answer()))
}

function isRetryable({ status, headers }: Answer, wanted = 503): boolean {
  return status === wanted && /^[1-5]$/.test(headers['retry-after'] ?? '')
}

function limitsOf(server: Server): ServerEvents['limit'][] {
  const events: ServerEvents['limit'][] = []
  server.on('limit', (event) => events.push(event))
  return events
}

async function leave(server: Server, clients: readonly RawClient[]): Promise<void> {
  for (const client of clients) client.socket.destroy()
  await settled(server)
}

const UPGRADES: Readonly<Record<string, (() => unknown) | undefined>> = {
  'no upgrade handler': undefined,
  'a synchronous one': () => 'data',
  'one that waits': () => new Promise((resolve) => setTimeout(resolve, 30)),
}

for (const [name, upgrade] of Object.entries(UPGRADES)) {
  test(`connectionsMax, with ${name}: exactly so many of three times as many, again and again`, async (t) => {
    const server = await serve(t, { connectionsMax: 20, route: upgrade === undefined ? {} : { upgrade } })
    let most = 0
    server.on('open', () => {
      most = Math.max(most, server.connections.size)
    })
    for (let round = 1; round <= 3; round++) {
      const clients = await storm(t, server, 60)
      const answers = await answersOf(clients)
      assert.equal(answers.filter(({ status }) => status === 101).length, 20)
      assert.equal(answers.filter((answer) => isRetryable(answer)).length, 40)
      assert.ok(new Set(answers.map(({ headers }) => headers['retry-after'])).size > 2, 'all are told the same time')
      assert.equal(server.ledger().limits.connectionsMax.refused, 40 * round)
      assert.equal(server.ledger().refusedByReason['limit connectionsMax'], 40 * round)
      await balanced(server)
      await leave(server, clients)
    }
    assert.equal(most, 20)
  })
}

test('connectionsMax: a place is given back by a refusal, a failure, a peer that leaves and a closed connection', async (t) => {
  let outcome: () => unknown = () => undefined
  const server = await serve(t, {
    connectionsMax: 1,
    handshakeTimeoutMs: 150,
    route: { upgrade: () => outcome() },
  })
  server.on('error', () => {})
  const outcomes: readonly (readonly [number, () => unknown])[] = [
    [
      401,
      () => {
        throw reject(401)
      },
    ],
    [403, () => Promise.reject(reject(403))],
    [500, () => Promise.reject(new Error('on purpose'))],
    // Not answered at all.
    [503, () => new Promise(() => {})],
    [101, () => undefined],
  ]
  for (const [status, next] of outcomes) {
    outcome = next
    const [client] = await storm(t, server, 1)
    assert.equal((await client!.answer()).status, status)
    client!.socket.destroy()
    await settled(server)
  }
  assert.equal(server.ledger().limits.connectionsMax.refused, 0)
  outcome = () => new Promise(() => {})
  const [gone] = await storm(t, server, 1)
  await until('it is asked', () => server.ledger().opening === 1)
  assert.ok(isRetryable(await (await storm(t, server, 1))[0]!.answer()), 'the place is taken while it is asked')
  gone!.socket.destroy()
  await settled(server)
  outcome = () => undefined
  await openRaw(t, server.port)
  assert.equal(server.ledger().limits.connectionsMax.refused, 1)
})

test('connectionsMax: one that is closing still has its place', async (t) => {
  const farewell = deferred()
  t.after(() => farewell.resolve())
  const server = await serve(t, { connectionsMax: 1, route: { close: () => farewell.promise } })
  const client = await openRaw(t, server.port)
  client.socket.destroy()
  await until('it closes', () => server.ledger().closing === 1)
  assert.ok(isRetryable(await (await storm(t, server, 1))[0]!.answer()))
  farewell.resolve()
  await until('it has closed', () => server.ledger().closed === 1)
  await openRaw(t, server.port)
})

test('connectionsPerAddressMax: 429 for the address that has enough, not for others', async (t) => {
  const server = await serve(t, { connectionsPerAddressMax: 2, trustedProxies: ['127.0.0.1'], route: {} })
  const limits = limitsOf(server)
  const from = (address: string): RequestHeaders => ({ 'X-Forwarded-For': address })
  const one = await storm(t, server, 5, from('2001:db8:1:2::1'))
  const same = await storm(t, server, 1, from('2001:db8:1:2:ffff::9'))
  const other = await storm(t, server, 2, from('2001:db8:1:3::1'))
  const answers = await answersOf([...one, ...same])
  assert.equal(answers.filter(({ status }) => status === 101).length, 2)
  assert.equal(answers.filter((answer) => isRetryable(answer, 429)).length, 4)
  assert.deepEqual(
    (await answersOf(other)).map(({ status }) => status),
    [101, 101],
  )
  assert.equal(limits.length, 4)
  assert.deepEqual([limits[0]?.limit, limits[0]?.mode], ['connectionsPerAddressMax', 'refuse'])
  assert.deepEqual(
    limits
      .map(({ address }) => address)
      .sort()
      .at(-1),
    '2001:db8:1:2:ffff::9',
  )
  await leave(server, [...one, ...same, ...other])
  const again = await storm(t, server, 3, from('2001:db8:1:2::1'))
  assert.equal((await answersOf(again)).filter(({ status }) => status === 101).length, 2)
  await leave(server, again)
})

test('connectionsPerAddressMax: refused and failed upgrades give their place back', async (t) => {
  let outcome: () => unknown = () => undefined
  const server = await serve(t, { connectionsPerAddressMax: 1, route: { upgrade: () => outcome() } })
  for (outcome of [() => Promise.reject(reject(403)), () => new Promise(() => {})]) {
    const [client] = await storm(t, server, 1)
    await until('it came', () => server.ledger().upgrades > 0 && server.ledger().opening + server.ledger().refused > 0)
    client!.socket.destroy()
    await settled(server)
  }
  const [malformed] = await storm(t, server, 1, { 'Sec-WebSocket-Key': 'x' })
  assert.equal((await malformed!.answer()).status, 400)
  await settled(server).catch(() => malformed!.socket.destroy())
  outcome = () => undefined
  await openRaw(t, server.port)
  assert.equal(server.ledger().limits.connectionsPerAddressMax.refused, 0)
})

test('trustedProxies: request and connection have the address of the client; from others nothing is believed', async (t) => {
  const seen: string[] = []
  const closed: string[] = []
  const setup = {
    route: {
      upgrade: (request: { remoteAddress: string }) => void seen.push(request.remoteAddress),
      close: (connection: { remoteAddress: string }) => void closed.push(connection.remoteAddress),
    },
  }
  const behind = await serve(t, { ...setup, trustedProxies: ['127.0.0.0/8'] })
  const alone = await serve(t, { ...setup, trustedProxies: ['10.0.0.0/8'] })
  for (const server of [behind, alone]) {
    const clients = await storm(t, server, 1, { 'X-Forwarded-For': '9.9.9.9, 203.0.113.5, 127.0.0.9' })
    await answersOf(clients)
    assert.equal((await onlyConnection(server)).remoteAddress, seen.at(-1))
    await leave(server, clients)
  }
  assert.deepEqual(seen, ['203.0.113.5', '127.0.0.1'])
  assert.deepEqual(closed, seen)
})

test('trustedProxies with unix: a proxy over a Unix socket is believed, and only then', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  for (const [trusted, wanted] of [
    ['unix', '203.0.113.5'],
    ['127.0.0.0/8', ''],
  ] as const) {
    const seen: string[] = []
    const upgrade = (request: { remoteAddress: string }): void => void seen.push(request.remoteAddress)
    const server = makeServer(t, { trustedProxies: [trusted], route: { upgrade } })
    const http = createHttpServer()
    t.after(() => http.close())
    server.attach(http)
    const path = join(folder, `${trusted.length}.sock`)
    await new Promise<void>((resolve) => http.listen(path, resolve))
    const client = new WebSocket(`ws+unix://${path}:/`, { headers: { 'X-Forwarded-For': '203.0.113.5' } })
    await within('the answer', once(client, 'open'))
    assert.deepEqual(seen, [wanted])
    client.terminate()
  }
})

test('upgradesPerSecondMax: one second at once, the rest is told to come back, and later is let in', async (t) => {
  const clock = new ManualClock(1_000)
  const server = await serve(t, { upgradesPerSecondMax: 5, surroundings: { clock }, route: {} })
  t.after(() => clock.advance(60_000))
  const answers = await answersOf(await storm(t, server, 12))
  assert.equal(answers.filter(({ status }) => status === 101).length, 5)
  assert.equal(answers.filter((answer) => isRetryable(answer)).length, 7)
  clock.advance(400)
  const later = await answersOf(await storm(t, server, 4))
  assert.equal(later.filter(({ status }) => status === 101).length, 2)
  assert.equal(server.ledger().limits.upgradesPerSecondMax.refused, 9)
  for (const connection of server.connections) connection.kill()
})

test('memoryHeadroomBytes: more than there is refuses all; the default refuses nobody here', async (t) => {
  const full = await serve(t, { memoryHeadroomBytes: 64 * 1024 ** 3, route: {} })
  assert.ok(isRetryable(await (await storm(t, full, 1))[0]!.answer()))
  assert.equal(full.ledger().limits.memoryHeadroomBytes.refused, 1)
  const plain = await serve(t, { route: {} })
  await openRaw(t, plain.port)
})

test('loopDelayMaxMs: refuses while the loop is behind, and only then', async (t) => {
  const clock = new ManualClock(1_000)
  const server = await serve(t, { loopDelayMaxMs: 100, surroundings: { clock }, route: {} })
  t.after(() => clock.advance(60_000))
  await openRaw(t, server.port)
  clock.stick(400)
  assert.ok(isRetryable(await (await storm(t, server, 1))[0]!.answer()))
  assert.equal(server.ledger().limits.loopDelayMaxMs.refused, 1)
  clock.advance(2_000)
  await openRaw(t, server.port)
  for (const connection of server.connections) connection.kill()
})

interface Held {
  readonly server: Server
  /** Handlers that have begun, in order, each of which waits. */
  readonly begun: Deferred<unknown>[]
}

async function serveHeld(t: Test, options: ServerOptionsInput): Promise<Held> {
  const begun: Deferred<unknown>[] = []
  const server = await serve(t, {
    ...options,
    route: {
      upgrade() {
        const answer = deferred<unknown>()
        begun.push(answer)
        return answer.promise
      },
    },
  })
  return { server, begun }
}

test('upgradeHandlersMax: so many at once, the others in order behind them; beyond upgradeQueueMax 503', async (t) => {
  const { server, begun } = await serveHeld(t, { upgradeHandlersMax: 3, upgradeQueueMax: 4 })
  const clients = await storm(t, server, 10)
  await until('three are refused', () => server.ledger().refused === 3)
  assert.deepEqual([begun.length, server.ledger().opening], [3, 7])
  assert.equal(server.ledger().limits.upgradeQueueMax.refused, 3)
  begun[0]!.resolve(undefined)
  await until('the next begins', () => begun.length === 4)
  await turn()
  assert.equal(begun.length, 4)
  for (let index = 1; index < 7; index++) {
    await until('its turn has come', () => begun.length > index)
    begun[index]!.resolve(undefined)
  }
  const answers = await answersOf(clients)
  assert.equal(answers.filter(({ status }) => status === 101).length, 7)
  assert.equal(answers.filter((answer) => isRetryable(answer)).length, 3)
  await leave(server, clients)
})

test('upgradeHandlersMax: who leaves the queue is never asked about; who waits too long is answered', async (t) => {
  const { server, begun } = await serveHeld(t, { upgradeHandlersMax: 1, handshakeTimeoutMs: 400 })
  const [first] = await storm(t, server, 1)
  await until('the first is asked', () => begun.length === 1)
  const [gone] = await storm(t, server, 1)
  await until('one waits', () => server.ledger().opening === 2)
  gone!.socket.destroy()
  await until('it has left', () => server.ledger().failed === 1)
  const [late] = await storm(t, server, 1)
  // The first keeps its place until its deadline, and so the last one is late too, or the next to be asked.
  assert.equal((await first!.answer()).status, 503)
  await until('it is asked or late', () => begun.length === 2 || server.ledger().failed === 3)
  begun[1]?.resolve(undefined)
  assert.ok([101, 503].includes((await late!.answer()).status))
  assert.ok(begun.length <= 2, 'the one that had left was asked about')
  await leave(server, [first!, late!])
})

test('upgradeHandlersMax: a handler whose peer has left still counts, until it is done', async (t) => {
  const { server, begun } = await serveHeld(t, { upgradeHandlersMax: 1, handshakeTimeoutMs: 5_000 })
  const [gone] = await storm(t, server, 1)
  await until('it is asked', () => begun.length === 1)
  gone!.socket.destroy()
  await until('it has left', () => server.ledger().failed === 1)
  const [next] = await storm(t, server, 1)
  await until('it waits', () => server.ledger().opening === 1)
  await turn()
  assert.equal(begun.length, 1)
  begun[0]!.reject(new Error('the peer had gone'))
  await until('the next is asked', () => begun.length === 2)
  begun[1]!.resolve(undefined)
  assert.equal((await next!.answer()).status, 101)
  await leave(server, [next!])
})

test('upgradeHandlersMax: synchronous handlers do not wait for each other; each is asked in the context of its own request', async (t) => {
  const storage = new AsyncLocalStorage<number>()
  const httpServer = createHttpServer()
  // As tools that trace requests do it.
  const emit = httpServer.emit.bind(httpServer) as (...event: unknown[]) => boolean
  let requests = 0
  httpServer.emit = (...event: unknown[]) =>
    event[0] === 'upgrade' ? storage.run(requests++, () => emit(...event)) : emit(...event)
  const first = deferred<unknown>()
  const contexts: (number | undefined)[] = []
  const server = makeServer(t, {
    upgradeHandlersMax: 1,
    route: { upgrade: () => (contexts.push(storage.getStore()) === 1 ? first.promise : undefined) },
  })
  server.attach(httpServer)
  httpServer.listen(0, '127.0.0.1')
  await once(httpServer, 'listening')
  t.after(() => httpServer.close())
  const { port } = httpServer.address() as AddressInfo
  const clients = await storm(t, { port }, 5)
  await until('all are there', () => server.ledger().opening === 5)
  assert.equal(contexts.length, 1)
  first.resolve(undefined)
  assert.deepEqual(
    (await answersOf(clients)).map(({ status }) => status),
    [101, 101, 101, 101, 101],
  )
  assert.deepEqual(contexts, [0, 1, 2, 3, 4])
  await leave(server, clients)
})

test('who waits when the server closes gets 503 and is not asked about', async (t) => {
  const { server, begun } = await serveHeld(t, { upgradeHandlersMax: 1 })
  const clients = await storm(t, server, 3)
  await until('all are there', () => server.ledger().opening === 3)
  const closed = server.close()
  begun[0]!.resolve(undefined)
  assert.deepEqual(
    (await answersOf(clients)).map(({ status }) => status),
    [503, 503, 503],
  )
  await closed
  assert.equal(begun.length, 1)
})

test('warnOnly refuses nothing, counts and announces', async (t) => {
  const server = await serve(t, {
    ...{ connectionsMax: 2, connectionsPerAddressMax: 1, upgradesPerSecondMax: 1, memoryHeadroomBytes: 64 * 1024 ** 3 },
    ...{ upgradeHandlersMax: 1, upgradeQueueMax: 0 },
    warnOnly: [
      ...(['connectionsMax', 'connectionsPerAddressMax', 'upgradesPerSecondMax', 'memoryHeadroomBytes'] as const),
      ...(['upgradeHandlersMax', 'upgradeQueueMax'] as const),
    ],
    route: { upgrade: () => new Promise((resolve) => setTimeout(resolve, 50)) },
  })
  const limits = limitsOf(server)
  const clients = await storm(t, server, 6)
  assert.deepEqual(new Set((await answersOf(clients)).map(({ status }) => status)), new Set([101]))
  const counts = server.ledger().limits
  assert.deepEqual(counts.connectionsMax, { refused: 0, warned: 4 })
  assert.deepEqual(counts.connectionsPerAddressMax, { refused: 0, warned: 5 })
  assert.deepEqual(counts.memoryHeadroomBytes, { refused: 0, warned: 6 })
  assert.equal(counts.upgradesPerSecondMax.warned > 0, true)
  assert.deepEqual(counts.upgradeHandlersMax, { refused: 0, warned: 5 })
  const warned = Object.values(counts).reduce((sum, count) => sum + count.warned, 0)
  assert.equal(limits.length, warned)
  assert.deepEqual(new Set(limits.map(({ mode }) => mode)), new Set(['warn']))
  await leave(server, clients)
})

test('warnOnly and trustedProxies: a wrong entry is refused with what is wanted', async (t) => {
  await assert.rejects(serve(t, { warnOnly: ['connectionMax' as 'connectionsMax'] }), { code: 'HF_OPTION_INVALID' })
  await assert.rejects(serve(t, { trustedProxies: ['nginx'] }), { code: 'HF_OPTION_INVALID', message: /"nginx"/ })
})
