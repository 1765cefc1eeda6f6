/**
 * What is on its way to the client of a connection that moves: behind a slow reader, sent while it is frozen, while nobody has it, and
 * published to its rooms at any moment. It comes once and in order.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import WebSocket from 'ws'
import { lifeOf } from '../../../src/connection/connection.ts'
import type { Connection, RouteDeclaration } from '../../../src/index.ts'
import { INTERNALS } from '../../../src/server/internals.ts'
import { turn, until } from '../../support/deadline.ts'
import { bothSettled, connectionOf, type Movers, movers } from '../../support/moving.ts'
import { openRaw, type RawClient } from '../../support/raw-client.ts'
import { onlyConnection } from '../../support/serving.ts'

const MIB = 1024 * 1024
const LONG = 'x'.repeat(10_000)

/** Sends numbered messages to a client that does not read, until `bytes` wait behind what the kernel has taken. */
async function fill(connection: Connection, bytes: number): Promise<number> {
  const life = lifeOf(connection)!
  const waiting = (): number => life.outbox.bytes - life.socket.writableLength
  let count = 0
  while (waiting() < bytes) {
    for (let more = 0; more < 10; more++) connection.send(`${count++} ${LONG}`)
    // Only what was there when the socket was blocked waits in the outbox.
    await turn()
    assert.ok(count < 10_000)
  }
  return count
}

/** It reads on while the other side waits for the socket to be written. */
async function moveWhileItReads(pair: Movers, connection: Connection, client: RawClient): Promise<Connection> {
  const frozen = await pair.freeze(connection)
  const departing = pair.depart(frozen)
  client.socket.resume()
  const departed = await departing
  await pair.adopt(connection.id, departed)
  return pair.commit(frozen)
}

function numbersOf(client: RawClient): number[] {
  return client.texts.map((text) => Number.parseInt(text, 10))
}

test('200 KB in the outbox behind a slow reader travel', async (t) => {
  const pair = await movers(t, { outboxBytesMax: 64 * MIB })
  const client = await openRaw(t, pair.from.port)
  const connection = await onlyConnection(pair.from)
  client.socket.pause()
  const count = await fill(connection, 200_000)
  assert.equal(connection.send(`${count} while it is slow`), 'queued')
  const there = await moveWhileItReads(pair, connection, client)
  assert.ok(there.bufferedBytes > 200_000, `${there.bufferedBytes} bytes travelled`)
  there.send(`${count + 1} there`)
  await until('all has come', () => numbersOf(client).at(-1) === count + 1)
  assert.deepEqual(numbersOf(client), [...Array(count + 2).keys()])
  assert.equal(await there.drained(), true)
  client.destroy()
  await bothSettled(pair)
})

test('a reader that does not read does not move: it is served as before', async (t) => {
  const pair = await movers(t, { outboxBytesMax: 64 * MIB })
  const client = await openRaw(t, pair.from.port)
  const connection = await onlyConnection(pair.from)
  client.socket.pause()
  const count = await fill(connection, 100_000)
  const frozen = await pair.freeze(connection)
  const departing = frozen.depart(60)
  assert.equal(connection.send(`${count} while it departs`), 'queued')
  assert.equal(await departing, null)
  assert.equal(connection.state, 'open')
  connection.send(`${count + 1} behind`)
  client.socket.resume()
  await until('all has come', () => numbersOf(client).at(-1) === count + 1)
  assert.deepEqual(numbersOf(client), [...Array(count + 2).keys()])
  frozen.adopted()
  frozen.unfreeze()
  assert.equal(connection.state, 'open')
})

for (const [name, slowThere] of [
  ['the same there', { latestBy: keyOf }],
  ['slow readers are ended there', 'end' as const],
] as const) {
  test(`latestBy: what waits one by one travels, with its keys (${name})`, async (t) => {
    const slow = { latestBy: keyOf }
    const pair = await movers(t, { slow, outboxBytesMax: 64 * MIB, to: { slow: slowThere } })
    const client = await openRaw(t, pair.from.port)
    const connection = await onlyConnection(pair.from)
    client.socket.pause()
    const count = await fill(connection, 100_000)
    for (const text of ['key a 1', 'key b 1', 'key a 2']) connection.send(text)
    const there = await moveWhileItReads(pair, connection, client)
    there.send('key a 3')
    await until(
      'all has come',
      () => client.texts.at(-1)?.startsWith('key') === true && client.texts.length >= count + 2,
    )
    await turn()
    const keyed = client.texts.filter((text) => text.startsWith('key'))
    assert.deepEqual(keyed, slowThere === 'end' ? ['key a 2', 'key b 1', 'key a 3'] : ['key a 3', 'key b 1'])
    assert.deepEqual(numbersOf(client).slice(0, count), [...Array(count).keys()])
  })
}

function keyOf(message: unknown): string | undefined {
  return /^key \w/.exec(String(message))?.[0]
}

test('compressed with context takeover behind a slow reader: what is made late is made in order there', async (t) => {
  const deflate = { thresholdBytes: 0, serverContextTakeover: true, clientContextTakeover: true }
  const slow = 'drop-oldest' as const
  const pair = await movers(t, { slow, deflate, outboxBytesMax: 64 * MIB, to: { deflate: false } })
  const client = new WebSocket(`ws://127.0.0.1:${pair.from.port}/`, { perMessageDeflate: true })
  t.after(() => client.terminate())
  const got: string[] = []
  client.on('message', (data: Buffer) => got.push(data.toString().slice(0, 8)))
  const connection = await onlyConnection(pair.from)
  await until('it is open', () => client.readyState === client.OPEN)
  client.pause()
  const life = lifeOf(connection)!
  const sent: string[] = []
  while ((life.outbox.backlog?.count ?? 0) < 5) {
    const text = String(sent.length).padStart(8, '0')
    sent.push(text)
    // Hardly compressible, so that it fills the socket.
    connection.send(text + randomBytes(20_000).toString('base64'))
    await turn()
  }
  const frozen = await pair.freeze(connection)
  const departing = pair.depart(frozen)
  client.resume()
  const departed = await departing
  await pair.adopt(connection.id, departed)
  const there = pair.commit(frozen)
  there.send('there   ')
  await until('all has come', () => got.length === sent.length + 1 || client.readyState !== client.OPEN)
  assert.deepEqual(got, [...sent, 'there   '])
})

test('sent and published at every moment of a move: all of it comes, once and in order', async (t) => {
  const pair = await movers(t, { route: { open: (connection) => void connection.join('news') } })
  const client = await openRaw(t, pair.from.port)
  const connection = await onlyConnection(pair.from)
  const { arrivals } = pair.to[INTERNALS]
  const { departures } = pair.from[INTERNALS]
  const sent: string[] = []
  const send = (text: string): void => {
    sent.push(text)
    assert.notEqual(connection.send(text), 'ended')
  }
  const publish = (server: typeof pair.to, text: string): void => {
    sent.push(text)
    server.room('news').publish(text)
  }
  send('before')
  publish(pair.from, 'published before')
  arrivals.expect(connection.id, departures.topicsOf(connection))
  const frozen = await pair.freeze(connection)
  assert.deepEqual(frozen.topics, ['all', 'room:news'])
  send('frozen')
  publish(pair.from, 'published while frozen')
  const departing = pair.depart(frozen)
  send('departing')
  publish(pair.from, 'published while departing')
  const departed = await departing
  assert.deepEqual([connection.state, connection.send('lost'), connection.join('x')], ['moving', 'ended', false])
  assert.equal(pair.from.room('news').size, 0)
  publish(pair.to, 'published there before it is adopted')
  sent.push('to all there')
  pair.to.publish('to all there')
  await pair.adopt(connection.id, departed)
  assert.equal(pair.to.connections.size, 0)
  publish(pair.to, 'published there before it is committed')
  const there = pair.commit(frozen)
  publish(pair.to, 'published there')
  assert.deepEqual([there.rooms, pair.to.room('news').size], [['news'], 1])
  assert.deepEqual(await client.nextTexts(sent.length), sent)
})

test('a move that is refused: what was published meanwhile comes, and nothing twice', async (t) => {
  const pair = await movers(t, { route: { open: (connection) => void connection.join('news') } })
  const client = await openRaw(t, pair.from.port)
  const connection = await onlyConnection(pair.from)
  pair.to[INTERNALS].arrivals.expect(connection.id, ['all', 'room:news'])
  const frozen = await pair.freeze(connection)
  connection.send('frozen')
  await pair.depart(frozen)
  pair.from.room('news').publish('while it was moving')
  pair.from.room('other').publish('not for it')
  pair.from.publish('to all')
  pair.from.room('news').publish('but not to it', { except: connection })
  frozen.refused()
  assert.deepEqual([connection.state, connection.rooms, pair.from.room('news').size], ['open', ['news'], 1])
  pair.from.room('news').publish('again')
  const sent = ['frozen', 'while it was moving', 'to all', 'again']
  assert.deepEqual(await client.nextTexts(sent.length), sent)
  pair.to[INTERNALS].arrivals.abandon(connection.id)
})

test('its user travels: what is sent to the user reaches it there', async (t) => {
  const route = { user: () => 'ada' }
  const pair = await movers(t, { route, to: { route: {} } })
  const client = await openRaw(t, pair.from.port)
  const connection = await onlyConnection(pair.from)
  await pair.move(connection, () => pair.to.user('ada').send('on the way'))
  assert.equal(pair.to.user('ada').send('there'), 1)
  assert.equal(pair.from.user('ada').send('gone'), 0)
  assert.deepEqual(await client.nextTexts(2), ['on the way', 'there'])
})

test('more is published for it than may be kept: before it is adopted it is refused, after that it is a slow reader', async (t) => {
  const held: boolean[] = []
  const route: RouteDeclaration<undefined> = { hold: (_, { moved }) => void held.push(moved) }
  const pair = await movers(t, { outboxBytesMax: 2_000, closeTimeoutMs: 5_000, route })
  const { arrivals } = pair.to[INTERNALS]
  const client = await openRaw(t, pair.from.port)
  const connection = await onlyConnection(pair.from)
  arrivals.expect(connection.id, ['all'])
  let frozen = await pair.freeze(connection)
  let departed = await pair.depart(frozen)
  pair.to.publish('x'.repeat(3_000))
  await assert.rejects(pair.adopt(connection.id, departed), { code: 'HF_MOVE_REFUSED', message: /behind/ })
  frozen.refused()
  arrivals.expect(connection.id, ['all'])
  frozen = await pair.freeze(connection)
  departed = await pair.depart(frozen)
  await pair.adopt(connection.id, departed)
  pair.to.publish('x'.repeat(3_000))
  pair.commit(frozen)
  assert.equal((await client.closeCode()).code, 1008)
  client.closeFrame(1008)
  const before = performance.now()
  await bothSettled(pair)
  assert.ok(performance.now() - before < 4_000, 'nothing waits for a hold that will not run')
  assert.deepEqual(held, [false, true], 'here, and after the refusal; not there')
})

test('in more rooms by now than it was expected in: it is refused, and may come the next time', async (t) => {
  const pair = await movers(t)
  await openRaw(t, pair.from.port)
  const connection = await onlyConnection(pair.from)
  pair.to[INTERNALS].arrivals.expect(connection.id, ['all'])
  const frozen = await pair.freeze(connection)
  connection.join('late')
  const departed = await pair.depart(frozen)
  await assert.rejects(pair.adopt(connection.id, departed), { code: 'HF_MOVE_REFUSED', message: /topics/ })
  frozen.refused()
  const there = await pair.move(connection)
  assert.deepEqual(there.rooms, ['late'])
  assert.equal(connectionOf(pair.to, there.id), there)
})
