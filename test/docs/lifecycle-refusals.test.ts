/**
 * docs/LIFECYCLE.md says in a table how an upgrade can be refused. Here each of its rows happens, and status, body and
 * headers are compared. No row is without its happening.
 */
import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { describe, it } from 'node:test'
import { createServer, reject, type Server, type ServerOptionsInput } from '../../src/index.ts'
import { until } from '../support/deadline.ts'
import { ask, rowsBelow, upgradeHead, withDeadline } from './lifecycle-table.ts'

interface Refused {
  readonly request: string
  readonly options?: ServerOptionsInput
  /** The path somebody else has asked for before, and stays. */
  readonly before?: string
  /** So long everything stands still before it asks. */
  readonly stuckMs?: number
}

const REFUSALS: Readonly<Record<string, Refused>> = {
  'not an upgrade request (own server of listen())': {
    request: 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  },
  'connectionsMax are here already': {
    ...{ request: upgradeHead('/open'), options: { connectionsMax: 1 }, before: '/open' },
  },
  'less memory left than memoryHeadroomBytes': {
    ...{ request: upgradeHead('/open'), options: { memoryHeadroomBytes: 64 * 1024 ** 3 } },
  },
  'the event loop is later than loopDelayMaxMs': {
    ...{ request: upgradeHead('/open'), options: { loopDelayMaxMs: 100 }, before: '/open', stuckMs: 400 },
  },
  'connectionsPerAddressMax of its address are here already': {
    ...{ request: upgradeHead('/open'), options: { connectionsPerAddressMax: 1 }, before: '/open' },
  },
  'more than upgradesPerSecondMax': {
    // Not one more is allowed before a second has passed.
    ...{ request: upgradeHead('/open'), options: { upgradesPerSecondMax: 1 }, before: '/open' },
  },
  'upgradeQueueMax wait for upgradeHandlersMax': {
    ...{ request: upgradeHead('/wait'), options: { upgradeHandlersMax: 1, upgradeQueueMax: 0 }, before: '/wait' },
  },
  'a method other than GET': { request: upgradeHead('/open', {}, 'POST') },
  'HTTP/1.0': { request: upgradeHead('/open').replace('HTTP/1.1', 'HTTP/1.0') },
  'an Upgrade other than websocket': { request: upgradeHead('/open', { Upgrade: 'h2c' }) },
  'no Host, or a malformed one': { request: upgradeHead('/open', { Host: 'a b' }) },
  'two Host headers': { request: upgradeHead('/open', { Host: 'localhost\r\nHost: localhost' }) },
  'Sec-WebSocket-Version is not 13': { request: upgradeHead('/open', { 'Sec-WebSocket-Version': '8' }) },
  'Sec-WebSocket-Key is missing or malformed': { request: upgradeHead('/open', { 'Sec-WebSocket-Key': null }) },
  'Sec-WebSocket-Protocol is malformed': { request: upgradeHead('/open', { 'Sec-WebSocket-Protocol': 'a b' }) },
  'Sec-WebSocket-Extensions is malformed': { request: upgradeHead('/open', { 'Sec-WebSocket-Extensions': ';' }) },
  'the server is closing': { request: upgradeHead('/closing') },
  'the server is draining': { request: upgradeHead('/draining') },
  'no route has the path': { request: upgradeHead('/nowhere') },
  'the page is of another origin': { request: upgradeHead('/open', { Origin: 'https://evil.example' }) },
  'no Origin, with originRequired': { request: upgradeHead('/open'), options: { originRequired: true } },
  'no subprotocol in common': { request: upgradeHead('/v2', { 'Sec-WebSocket-Protocol': 'v1' }) },
  "throw reject(401, 'sign in first')": { request: upgradeHead('/reject') },
  'upgrade() or a middleware threw something else': { request: upgradeHead('/throw') },
  'not answered within handshakeTimeoutMs': { request: upgradeHead('/wait'), options: { handshakeTimeoutMs: 500 } },
}

describe('the refusals of docs/LIFECYCLE.md', { concurrency: 4 }, () => {
  const rows = rowsBelow('How an upgrade can be refused')

  it('has a row for each happening and a happening for each row', () => {
    assert.deepEqual([...rows.keys()].sort(), Object.keys(REFUSALS).sort())
  })

  for (const [name, refused] of Object.entries(REFUSALS)) {
    it(name, async () => {
      const { head, body, counted } = await refuse(refused)
      const [status, headers = '', reason, counter] = rows.get(name) ?? []
      assert.equal(head.split(' ')[1], status, head)
      for (const header of headers === '' ? [] : headers.split(', ')) assert.ok(head.includes(`\r\n${header}`), head)
      assert.ok(reason !== undefined && reason !== '' && body.includes(reason), body)
      assert.equal(counted, counter)
    })
  }
})

/** Somebody asks, and stays: as a connection, or as a request that is not answered. */
async function stayBefore(server: Server, path: string): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(upgradeHead(path))
  await until('it has come', () => server.ledger().upgrades === 1)
  return socket
}

async function refuse(refused: Refused): Promise<{ head: string; body: string; counted: string }> {
  const server = createServer({ closeTimeoutMs: 500, ...refused.options })
  server.on('error', () => {})
  server.route('/open', {})
  server.route('/v2', { protocols: ['v2'] })
  server.route('/reject', {
    upgrade() {
      throw reject(401, 'sign in first')
    },
  })
  server.route('/throw', {
    upgrade() {
      throw new Error('on purpose')
    },
  })
  server.route('/closing', {
    upgrade() {
      void server.close()
    },
  })
  server.route('/draining', {
    upgrade() {
      void server.drain()
    },
  })
  server.route('/wait', { upgrade: () => new Promise<undefined>(() => {}) })
  await server.listen({ port: 0, host: '127.0.0.1' })
  const { port } = server
  const before = refused.before === undefined ? null : await stayBefore(server, refused.before)
  const latest = Date.now() + (refused.stuckMs ?? 0)
  while (Date.now() < latest);
  const { head, body, socket } = await ask(port, refused.request)
  socket.destroy()
  before?.destroy()
  const { refused: refusals, failed } = server.ledger()
  await withDeadline(server.close())
  assert.deepEqual(server.ledger().imbalances, [])
  return { head, body, counted: refusals > 0 ? 'refused' : failed > 0 ? 'failed' : 'neither' }
}
