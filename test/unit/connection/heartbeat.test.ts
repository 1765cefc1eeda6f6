/** Keepalive and idle over a real socket, with a clock that the test moves. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Connection, RouteDeclaration, Server, ServerOptionsInput } from '../../../src/index.ts'
import { deferred, turn, until } from '../../support/deadline.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { openRaw, type RawClient } from '../../support/raw-client.ts'
import { onlyConnection, serve } from '../../support/serving.ts'

interface Setting {
  readonly clock: ManualClock
  readonly server: Server
  readonly client: RawClient
  readonly connection: Connection
}

async function setUp(
  t: TestContext,
  options: ServerOptionsInput = {},
  route: RouteDeclaration<undefined> = {},
): Promise<Setting> {
  const clock = new ManualClock(1_000)
  // First, because hooks run in this order: time stands, so what a test leaves open would be waited for for ever.
  t.after(() => connection.kill())
  const server = await serve(t, { ...options, route, surroundings: { clock } })
  const client = await openRaw(t, server.port)
  const connection = await onlyConnection(server)
  return { clock, server, client, connection }
}

const pings = (client: RawClient): number => client.frames.filter((frame) => frame.opcode === 9).length

test('a ping after keepaliveIntervalMs of quiet, and one more for each that goes by', async (t) => {
  const { clock, client, connection } = await setUp(t)
  clock.advance(9_900)
  await turn()
  assert.equal(pings(client), 0)
  clock.advance(200)
  await until('a ping', () => pings(client) === 1)
  clock.advance(10_100)
  await until('another', () => pings(client) === 2)
  assert.equal(connection.state, 'open')
})

test('whoever sends is not pinged', async (t) => {
  const { clock, server, client } = await setUp(t)
  for (let count = 1; count <= 20; count++) {
    clock.advance(5_000)
    client.text('x')
    await until('it has come', () => server.ledger().messagesReceived === count)
  }
  assert.equal(pings(client), 0)
})

test('a pong is enough to stay; nothing at all for idleTimeoutMs ends with 1001', async (t) => {
  const { clock, client, connection } = await setUp(t)
  for (let round = 0; round < 10; round++) {
    clock.advance(30_000)
    const before = pings(client)
    client.frame({ opcode: 10 })
    client.frame({ opcode: 9, payload: `${round}` })
    await until('it was heard', () =>
      client.frames.some((frame) => frame.opcode === 10 && frame.payload.toString() === `${round}`),
    )
    assert.ok(before > 0 || round === 0)
  }
  assert.equal(connection.state, 'open')
  clock.advance(59_800)
  assert.equal(connection.state, 'open')
  clock.advance(400)
  assert.equal(connection.ending?.code, 1001)
  assert.deepEqual(await client.closeCode(), { code: 1001, reason: 'nothing received within idleTimeoutMs' })
})

test('a process that was stuck judges nobody by that gap', async (t) => {
  const { clock, server, client, connection } = await setUp(t)
  const stalls: number[] = []
  server.on('stall', ({ stalledMs }) => stalls.push(stalledMs))
  clock.advance(30_000)
  clock.stick(600_000)
  clock.advance(1_000)
  assert.equal(connection.state, 'open')
  assert.equal(stalls.length, 1)
  client.frame({ opcode: 9, payload: 'here' })
  await until('the pong', () => client.frames.some((frame) => frame.opcode === 10))
  clock.advance(59_000)
  assert.equal(connection.state, 'open')
  clock.advance(2_000)
  assert.match(connection.ending?.reason ?? '', /^nothing received within idleTimeoutMs/)
})

test('a timer of user code that gets stuck is a gap for the others too', async (t) => {
  const { clock, server, connection } = await setUp(t)
  server.scope.after(20_000, () => {
    clock.stick(600_000)
    server.scope.after(10, () => {})
  })
  clock.advance(25_000)
  assert.equal(connection.state, 'open')
  clock.advance(30_000)
  assert.equal(connection.state, 'open')
})

test('the clock stands while we do not read ourselves', async (t) => {
  const gate = deferred()
  const { clock, server, client, connection } = await setUp(
    t,
    { handlerQueueMax: 1, handlerTimeoutMs: 3_600_000 },
    { message: () => gate.promise },
  )
  for (const text of ['runs', 'waits', 'is not read']) client.text(text)
  await until('two have come', () => server.ledger().messagesReceived >= 2)
  clock.advance(600_000)
  assert.equal(connection.state, 'open')
  gate.resolve()
  await until('all are handled', () => server.ledger().messagesReceived === 3)
  clock.advance(59_000)
  assert.equal(connection.state, 'open')
  clock.advance(2_000)
  assert.match(connection.ending?.reason ?? '', /^nothing received within idleTimeoutMs/)
})

test('an ended connection has no deadline left', async (t) => {
  const { clock, server, client, connection } = await setUp(t)
  client.closeFrame(1000)
  await client.closeCode()
  client.socket.end()
  await until('it is closed', () => connection.state === 'closed' && server.ledger().sockets === 0)
  // Long enough for the reclaim to see that this was no wave.
  clock.advance(10_000)
  assert.equal(clock.timers, 0)
})
