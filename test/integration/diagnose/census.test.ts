/**
 * The census of a real server with real sockets: a route that keeps its connections, or its upgrade requests, is found; a
 * healthy one never is, not in half an hour of mixed traffic either.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { Census } from '../../../src/diagnose/census/census.ts'
import { censusOfServer } from '../../../src/diagnose/census/census-of-server.ts'
import type { CensusLeak } from '../../../src/diagnose/census/report.ts'
import { type Connection, reject, type Server, type UpgradeRequest } from '../../../src/index.ts'
import { until, within } from '../../support/deadline.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { upgradeText } from '../../support/raw-client.ts'
import { makeServer, settled } from '../../support/serving.ts'
import { clientFrame } from '../../support/wire.ts'

const MINUTE = 60_000
const RUDE = clientFrame({ opcode: 3, payload: 'x' })

/** How a client behaves once it has its answer. */
type Manner = 'says goodbye' | 'resets' | 'is rude' | 'stays for a moment'

/** Nobody keeps the client. */
async function visit(server: Server, path: string, manner: Manner): Promise<void> {
  const client = connect({ port: server.port, host: '127.0.0.1' })
  client.on('error', () => {})
  await within('a TCP connection', once(client, 'connect'))
  client.write(upgradeText(path))
  await within('the answer', once(client, 'data'))
  client.write(clientFrame({ opcode: 1, payload: 'hello' }))
  if (manner === 'resets') client.resetAndDestroy()
  else {
    if (manner === 'stays for a moment') await within('the echo', once(client, 'data'))
    client.write(manner === 'is rude' ? RUDE : clientFrame({ opcode: 8, payload: Buffer.from([3, 232]) }))
    client.end()
    client.resume()
    await within('the end', once(client, 'close'))
  }
}

function taken(server: Server, clock: ManualClock): { census: Census; leaks: CensusLeak[]; end: () => void } {
  const leaks: CensusLeak[] = []
  const census = new Census({ clock, censusOnLeak: (leak) => void leaks.push(leak) }, { everyMs: 0, threshold: 40 })
  const untie = censusOfServer({ on: (name, listener) => server.on(name, listener) }, census)
  const end = (): void => {
    untie()
    census.end()
  }
  return { census, leaks, end }
}

async function visitAll(server: Server, count: number, paths: readonly string[], manner: Manner): Promise<void> {
  await Promise.all(paths.flatMap((path) => Array.from({ length: count }, () => visit(server, path, manner))))
  await until('all are over', () => server.ledger().sockets === 0 && server.connections.size === 0)
}

test('a route that keeps its connections, or its requests, is found by name; a healthy one is not', async (t) => {
  const clients = new Map<string, Connection>()
  const requests: UpgradeRequest[] = []
  const server = makeServer(t)
    .route('/kept', { open: (connection) => void clients.set(connection.id, connection as Connection) })
    .route('/asked', { upgrade: (request) => void requests.push(request) })
    .route('/refused/:who', {
      upgrade(request) {
        requests.push(request)
        throw reject(403, 'no')
      },
    })
    .route('/healthy', { upgrade: async () => ({ at: 1 }), message: (connection, text) => void connection.send(text) })
  await server.listen({ port: 0, host: '127.0.0.1' })
  const clock = new ManualClock()
  const { census, leaks, end } = taken(server, clock)
  await visitAll(server, 20, ['/kept', '/asked', '/refused/me', '/healthy'], 'says goodbye')
  await visitAll(server, 25, ['/kept', '/asked', '/refused/me', '/healthy'], 'resets')
  const { retained, watched } = await census.take()
  const found = Object.fromEntries(retained.map(({ kind, route, count }) => [`${kind} ${route}`, count]))
  assert.deepEqual(found, {
    'connection /kept': 45,
    'upgrade request /asked': 45,
    'upgrade request /refused/:who': 45,
  })
  assert.equal(watched, 135)
  assert.deepEqual(leaks, [])
  clock.advance(11 * MINUTE)
  await census.take()
  await census.take()
  assert.deepEqual(leaks.map(({ kind, route }) => `${kind} ${route}`).sort(), Object.keys(found).sort())
  clients.clear()
  requests.length = 0
  assert.deepEqual((await census.take()).retained, [])
  end()
  await visitAll(server, 3, ['/healthy'], 'says goodbye')
  assert.equal(census.size, 0, 'the tie has ended')
})

test('requests that are never answered: they are watched from their deadline on, once each', async (t) => {
  const kept: UpgradeRequest[] = []
  const server = makeServer(t, { handshakeTimeoutMs: 100 }).route('/never', {
    upgrade(request) {
      kept.push(request)
      return new Promise(() => {})
    },
  })
  await server.listen({ port: 0, host: '127.0.0.1' })
  const { census, end } = taken(server, new ManualClock())
  await visitAll(server, 5, ['/never'], 'says goodbye')
  const [group] = (await census.take()).retained
  assert.deepEqual([group?.kind, group?.route, group?.count], ['upgrade request', '/never', 5])
  kept.length = 0
  assert.deepEqual((await census.take()).retained, [])
  end()
})

test('half an hour of healthy mixed traffic: nothing is announced, and nothing is left', async (t) => {
  const MANNERS: readonly Manner[] = ['says goodbye', 'resets', 'is rude', 'stays for a moment']
  // What healthy services do: a last one remembered, sessions kept for four minutes to come back to, timers in the scope.
  const clock = new ManualClock()
  const resumable: { connection: Connection; until: number }[] = []
  const last: { connection: Connection | null } = { connection: null }
  const server = makeServer(t, { closeTimeoutMs: 200 })
    .use((_, next) => next())
    .route('/echo', { message: (connection, text) => void connection.send(text) })
    .route('/room/:name', {
      upgrade: async (request) => ({ name: request.params.name }),
      open(connection) {
        connection.join('all')
        connection.scope.every(1_000, () => {}, 'a ticker')
        last.connection = connection as Connection
      },
      message: (connection, text) => void connection.room('all').publish(text),
    })
    .route('/resume', {
      message: (connection, text) => void connection.send(text),
      close: (connection) =>
        void resumable.push({ connection: connection as Connection, until: clock.now() + 4 * MINUTE }),
    })
  await server.listen({ port: 0, host: '127.0.0.1' })
  const { census, leaks, end } = taken(server, clock)
  let seen = 0
  for (let minute = 0; minute < 30; minute++) {
    const paths = ['/echo', '/room/one', '/room/two', '/resume']
    await visitAll(server, 12, paths, MANNERS[minute % MANNERS.length] as Manner)
    seen += 12 * paths.length
    clock.advance(MINUTE)
    while ((resumable[0]?.until ?? Number.POSITIVE_INFINITY) <= clock.now()) resumable.shift()
    if (minute % 2 === 1) await census.take()
  }
  assert.deepEqual(leaks, [])
  assert.ok(census.last!.retained.length <= 2, 'the last one, and those that may come back')
  assert.equal(seen, 1_440)
  last.connection = null
  resumable.length = 0
  assert.deepEqual((await census.take()).retained, [])
  end()
  await settled(server)
})
