/** outboxTotalBytesMax: what waits for all slow readers together, over real sockets. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Connection, Server, ServerEvents } from '../../src/index.ts'
import { turn, until } from '../support/deadline.ts'
import { openRaw, type RawClient } from '../support/raw-client.ts'
import { balanced, makeServer, settled } from '../support/serving.ts'

const KIB = 1024
const MIB = KIB * KIB
const MESSAGE_BYTES = 32 * KIB

interface World {
  readonly server: Server
  readonly drops: ServerEvents['drop'][]
  add(path: string): Promise<{ client: RawClient; connection: Connection }>
}

async function world(t: TestContext, outboxTotalBytesMax: number): Promise<World> {
  const server = makeServer(t, { outboxTotalBytesMax, outboxBytesMax: 64 * MIB, closeTimeoutMs: 500 })
  const drops: ServerEvents['drop'][] = []
  server.on('drop', (drop) => void drops.push(drop))
  let newest: Connection | null = null
  for (const slow of ['end', 'drop-newest', 'drop-oldest'] as const) {
    server.route(`/${slow}`, {
      slow,
      open(connection) {
        newest = connection as Connection
        connection.join('all')
      },
    })
  }
  await server.listen({ port: 0, host: '127.0.0.1' })
  const add = async (path: string): Promise<{ client: RawClient; connection: Connection }> => {
    newest = null
    const client = await openRaw(t, server.port, path)
    await until('it is open', () => newest !== null)
    return { client, connection: newest as unknown as Connection }
  }
  return { server, drops, add }
}

const waiting = (connections: readonly Connection[]): number =>
  connections.reduce((sum, { bufferedBytes }) => sum + bufferedBytes, 0)

function numbered(number: number): Buffer {
  const message = Buffer.alloc(MESSAGE_BYTES, number % 251)
  message.writeUInt32BE(number)
  return message
}

/** Sends until so much waits. */
async function fill(connection: Connection, bytes: number): Promise<void> {
  const message = numbered(0)
  for (let count = 0; connection.bufferedBytes < bytes; count++) {
    assert.equal(connection.state, 'open')
    assert.ok(count < 2_000, 'the kernel takes all')
    connection.send(message)
    await turn()
  }
}

const BUDGET = 4 * MIB

test("'end': the slowest is ended first, whoever it is that asks for room; fast readers lose nothing", async (t) => {
  const { server, add, drops } = await world(t, BUDGET)
  const slow = [await add('/end'), await add('/end'), await add('/end'), await add('/end')]
  const quick = [await add('/end'), await add('/drop-oldest'), await add('/drop-newest')]
  const connections = [...slow, ...quick].map(({ connection }) => connection)
  for (const { client } of slow) client.socket.pause()
  // The first is the slowest by far, the last is hardly slow.
  for (const [index, { connection }] of slow.entries()) await fill(connection, [1.6, 1.1, 0.6, 0.1][index]! * MIB)
  const ended: number[] = []
  let published = 0
  for (; ended.length < 3; published++) {
    server.room('all').publish(numbered(published))
    const sum = waiting(connections)
    assert.ok(sum <= BUDGET + connections.length * (MESSAGE_BYTES + 10), `${sum} bytes wait`)
    for (const [index, { connection }] of slow.entries()) {
      if (connection.state !== 'open' && !ended.includes(index)) ended.push(index)
    }
    await until('those who read have it', () => waiting(quick.map(({ connection }) => connection)) === 0)
  }
  assert.deepEqual(ended, [0, 1, 2])
  assert.equal(slow[0]!.connection.ending?.code, 1013)
  await until('they are gone', () => server.ledger().endingsByReason.outboxBudget === 3)
  for (const { client, connection } of quick) {
    assert.equal(connection.state, 'open')
    await until('all have come', () => client.frames.length === published)
    assert.deepEqual(
      client.frames.map(({ payload }) => payload.readUInt32BE()),
      Array.from({ length: published }, (_, number) => number),
    )
  }
  assert.deepEqual(drops, [])
  await balanced(server)
})

test("'end': who is ended to make room for its own message is told so, and the message does not count as sent", async (t) => {
  const { server, add } = await world(t, BUDGET)
  const { client, connection } = await add('/end')
  client.socket.pause()
  await fill(connection, BUDGET - 2 * MESSAGE_BYTES)
  let sent = 0
  let result = ''
  do {
    sent = connection.messagesSent
    result = connection.send(numbered(0))
  } while (connection.state === 'open')
  assert.deepEqual([result, connection.messagesSent], ['ended', sent])
  assert.equal(connection.ending?.code, 1013)
  assert.equal(connection.send('one more'), 'ended')
  await settled(server)
})

test('a message that can never fit into the budget costs nobody else anything', async (t) => {
  const { server, add } = await world(t, BUDGET)
  const slow = [await add('/end'), await add('/drop-oldest'), await add('/drop-newest')]
  for (const { client, connection } of slow) {
    client.socket.pause()
    await fill(connection, 0.2 * MIB)
  }
  const { client, connection } = await add('/end')
  client.socket.pause()
  await fill(connection, 0.2 * MIB)
  const waited = waiting(slow.map((one) => one.connection))
  assert.equal(connection.send(Buffer.alloc(BUDGET + 1)), 'ended')
  assert.equal(waiting(slow.map((one) => one.connection)), waited)
  assert.ok(slow.every((one) => one.connection.state === 'open'))
  assert.deepEqual(server.ledger().dropped, [{ route: '/end', reason: 'budget', messages: 1 }])
})

test("'drop-oldest': what waits for the slowest is dropped and counted, and nobody is ended", async (t) => {
  const { server, add, drops } = await world(t, BUDGET)
  const slow = [await add('/drop-oldest'), await add('/drop-oldest'), await add('/drop-oldest')]
  const quick = await add('/drop-oldest')
  const connections = [...slow, quick].map(({ connection }) => connection)
  for (const { client } of slow) client.socket.pause()
  await fill(slow[0]!.connection, 2.5 * MIB)
  await fill(slow[1]!.connection, 0.9 * MIB)
  const sent = connections.map((connection) => connection.messagesSent)
  let published = 0
  for (; drops.length < 3; published++) {
    server.room('all').publish(numbered(published))
    const sum = waiting(connections)
    assert.ok(sum <= BUDGET + connections.length * (MESSAGE_BYTES + 10), `${sum} bytes wait`)
    await turn()
  }
  server.room('all').publish(numbered(published++))
  assert.equal(drops[0]?.connection, slow[0]!.connection, 'the slowest first')
  assert.ok(drops.every(({ reason, connection }) => reason === 'budget' && connection !== quick.connection))
  const total = drops.reduce((sum, { messages }) => sum + messages, 0)
  assert.deepEqual(server.ledger().dropped, [{ route: '/drop-oldest', reason: 'budget', messages: total }])
  // What was sent has arrived or was dropped.
  for (const [index, { client, connection }] of slow.entries()) {
    client.socket.resume()
    await until('nothing waits', () => connection.bufferedBytes === 0)
    const dropped = drops
      .filter((drop) => drop.connection === connection)
      .reduce((sum, { messages }) => sum + messages, 0)
    const due = sent[index]! + published - dropped
    await until('the rest has come', () => client.frames.length >= due)
    assert.equal(client.frames.length, due)
    assert.equal(client.frames.at(-1)?.payload.readUInt32BE(), published - 1, 'the newest')
    assert.equal(connection.state, 'open')
  }
  await until('all have come', () => quick.client.frames.length === published)
  await balanced(server)
})

test("readers with 'drop-newest' keep what they were promised, and leave room for others", async (t) => {
  const { add, drops } = await world(t, BUDGET)
  const hogs = [await add('/drop-newest'), await add('/drop-newest'), await add('/drop-newest')]
  for (const { client, connection } of hogs) {
    client.socket.pause()
    const before = drops.length
    for (let number = 0; drops.length < before + 20; number++) {
      connection.send(numbered(number))
      await turn()
    }
  }
  assert.ok(drops.every(({ reason }) => reason === 'budget'))
  const hiccup = await add('/end')
  hiccup.client.socket.pause()
  await fill(hiccup.connection, 2 * MESSAGE_BYTES)
  assert.equal(hiccup.connection.state, 'open')
  const sent = hiccup.connection.messagesSent
  hiccup.client.socket.resume()
  await until('it has all', () => hiccup.client.frames.length === sent)
  for (const { client, connection } of hogs) {
    client.socket.resume()
    const due = connection.messagesSent
    await until('what was accepted has come', () => client.frames.length === due)
    client.frames.forEach(({ payload }, number) => {
      assert.equal(payload.readUInt32BE(), number)
    })
  }
})

test("many readers with 'drop-newest' together leave half of the budget to the others", async (t) => {
  const { server, add, drops } = await world(t, BUDGET)
  for (let count = 0; count < 12; count++) {
    const { client, connection } = await add('/drop-newest')
    client.socket.pause()
    const before = drops.length
    for (let number = 0; drops.length < before + 3; number++) {
      connection.send(numbered(number))
      await turn()
    }
  }
  const waits = waiting([...server.connections])
  assert.ok(waits <= BUDGET / 2 + 12 * (MESSAGE_BYTES + 10), `${waits} bytes wait`)
  assert.ok(waits > BUDGET / 4, `${waits} bytes wait`)
  const hiccup = await add('/end')
  hiccup.client.socket.pause()
  await fill(hiccup.connection, 0.3 * BUDGET)
  assert.equal(hiccup.connection.state, 'open')
  assert.ok(drops.every(({ reason, route }) => reason === 'budget' && route === '/drop-newest'))
})

test('one turn that sends far more than the budget to readers nobody knew to be slow', async (t) => {
  for (const path of ['/end', '/drop-oldest', '/drop-newest']) {
    const { server, add } = await world(t, BUDGET)
    const slow = []
    for (let count = 0; count < 6; count++) slow.push(await add(path))
    for (const { client } of slow) client.socket.pause()
    const connections = slow.map(({ connection }) => connection)
    let most = 0
    for (let number = 0; number < 400; number++) {
      for (const connection of connections) connection.send(numbered(number))
      most = Math.max(most, waiting(connections))
    }
    // What was not offered to the kernel yet, and one message for each.
    const budget = path === '/drop-newest' ? BUDGET / 2 : BUDGET
    const allowed = budget + connections.length * (64 * KIB + MESSAGE_BYTES)
    assert.ok(most <= allowed, `${path}: ${most} bytes waited, ${allowed} may`)
    assert.ok(most > budget / 2, `${path}: only ${most}: this shows nothing`)
    for (const { client } of slow) client.destroy()
    await settled(server)
  }
})

test('what waits is counted no longer than it waits: the budget is whole again', async (t) => {
  const { server, add, drops } = await world(t, BUDGET)
  for (let round = 0; round < 4; round++) {
    const one = await add('/end')
    one.client.socket.pause()
    await fill(one.connection, 0.8 * BUDGET)
    if (round % 2 === 0) {
      one.client.socket.resume()
      await until('nothing waits', () => one.connection.bufferedBytes === 0)
      assert.equal(one.connection.state, 'open')
    } else one.connection.kill()
    one.client.destroy()
    await settled(server)
  }
  assert.deepEqual(drops, [])
})
