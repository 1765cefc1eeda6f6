/**
 * A connection that moves in the middle of what its client sends: of a message, a frame, a header, a control frame, of messages that
 * nobody has looked at. The client numbers its messages and gets an echo of each, once and in order.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import WebSocket from 'ws'
import { lifeOf } from '../../../src/connection/connection.ts'
import type { Connection } from '../../../src/index.ts'
import { deferred, turn, until, within } from '../../support/deadline.ts'
import { bothSettled, movers } from '../../support/moving.ts'
import { openRaw, type RawClient } from '../../support/raw-client.ts'
import { onlyConnection } from '../../support/serving.ts'
import { clientFrame, clientMessage } from '../../support/wire.ts'

const echo = {
  message: (connection: Connection<never>, message: string | Buffer) => void connection.send(message),
}

const numbered = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, index) => `message ${from + index}`)

/** All that the client has sent has been read by the process. */
async function read(connection: Connection, client: RawClient): Promise<void> {
  const { socket } = lifeOf(connection)!
  await until('all is read', () => socket.bytesRead === client.socket.bytesWritten)
}

/** Frames of every kind: whole, fragmented with a ping between, long headers, empty ones. */
const STREAM = Buffer.concat([
  clientFrame({ opcode: 1, payload: 'one' }),
  clientMessage(1, Buffer.from('zwei €'), [2, 0, 3], clientFrame({ opcode: 9, payload: 'ping' })),
  clientFrame({ opcode: 1, payload: 'x'.repeat(130) }),
  clientFrame({ opcode: 1 }),
  clientFrame({ opcode: 1, payload: 'last' }),
])
const ECHOES = ['one', 'zwei €', 'x'.repeat(130), '', 'last']

test('at every byte of a stream with messages, fragments, control frames and long headers', async (t) => {
  const pair = await movers(t, { route: echo })
  const positions = [...Array(STREAM.length + 1).keys()].filter(
    (at) => at < 80 || at % 10 === 0 || at > STREAM.length - 16,
  )
  for (const at of positions) {
    const client = await openRaw(t, pair.from.port)
    const connection = await onlyConnection(pair.from)
    client.write(STREAM.subarray(0, at))
    await read(connection, client)
    const half = at + ((STREAM.length - at) >> 1)
    await pair.move(connection, () => client.write(STREAM.subarray(at, half)))
    client.write(STREAM.subarray(half))
    assert.deepEqual(await client.nextTexts(ECHOES.length), ECHOES, `moved at ${at}`)
    assert.equal(client.frames.filter(({ opcode }) => opcode === 10).length, 3, `pongs, moved at ${at}`)
    client.destroy()
    await until('it is gone', () => pair.to.connections.size === 0)
  }
  await bothSettled(pair)
  assert.equal(pair.to.ledger().adopted, positions.length)
})

test('a long message, moved many times while it comes, from one server to the other and back', async (t) => {
  const pair = await movers(t, { route: echo, messageTimeoutMs: 20_000 })
  const back = pair.reversed
  const client = await openRaw(t, pair.from.port)
  const payload = Buffer.from(Array.from({ length: 200_000 }, (_, at) => (at * 7) & 0x7f))
  const stream = clientMessage(1, payload, [1, 70_000, 0, 100])
  let connection = await onlyConnection(pair.from)
  const step = Math.ceil(stream.length / 8)
  for (let round = 0; round < 8; round++) {
    const part = stream.subarray(round * step, (round + 1) * step)
    const half = part.length >> 1
    client.write(part.subarray(0, half))
    connection = await (round % 2 === 0 ? pair : back).move(connection, () => client.write(part.subarray(half)))
  }
  assert.deepEqual(await client.nextTexts(1), [payload.toString()])
  assert.equal(pair.from.ledger().adopted, 4)
  assert.equal(pair.from.ledger().moved, 4)
})

test('messages that wait, and messages nobody has looked at because reading was paused', async (t) => {
  const gate = deferred()
  const handled: Record<'old' | 'new', number> = { old: 0, new: 0 }
  const handler = (side: 'old' | 'new') => ({
    async message(connection: Connection<never>, message: string | Buffer) {
      if (side === 'old') await gate.promise
      handled[side]++
      connection.send(message)
    },
  })
  const pair = await movers(t, { handlerQueueMax: 3, route: handler('old'), to: { route: handler('new') } })
  const client = await openRaw(t, pair.from.port)
  const connection = await onlyConnection(pair.from)
  const texts = numbered(20)
  client.write(Buffer.concat(texts.slice(0, 10).map((payload) => clientFrame({ opcode: 1, payload }))))
  await until('reading is paused', () => lifeOf(connection)!.readingPaused)
  for (const payload of texts.slice(10)) client.text(payload)
  const freezing = pair.freeze(connection)
  await turn()
  gate.resolve()
  const frozen = await freezing
  const departed = await pair.depart(frozen)
  await pair.adopt(connection.id, departed)
  pair.commit(frozen)
  assert.deepEqual(await client.nextTexts(20), texts)
  assert.deepEqual(handled, { old: 4, new: 16 })
})

test('bytes that wait in the paused socket itself travel', async (t) => {
  const gate = deferred()
  const route = {
    async message(connection: Connection<never>, message: string | Buffer) {
      if (message === 'message 0') await gate.promise
      connection.send(String(message))
    },
  }
  const pair = await movers(t, { handlerQueueMax: 1, route, to: { route: echo } })
  const client = await openRaw(t, pair.from.port)
  const connection = await onlyConnection(pair.from)
  client.text('message 0')
  client.text('message 1')
  await until('reading is paused', () => lifeOf(connection)!.readingPaused)
  const { socket } = lifeOf(connection)!
  const rest = numbered(200, 2)
  client.write(Buffer.concat(rest.map((payload) => clientFrame({ opcode: 1, payload }))))
  await until('the socket has read on', () => socket.readableLength > 0)
  setImmediate(() => gate.resolve())
  await pair.move(connection)
  assert.equal(socket.readableLength, 0)
  assert.deepEqual(await client.nextTexts(202), numbered(202))
})

for (const [name, contextTakeover] of [
  ['without context takeover', false],
  ['with context takeover, both ways', true],
] as const) {
  test(`compressed messages go on ${name}`, async (t) => {
    const deflate = {
      thresholdBytes: 0,
      serverContextTakeover: contextTakeover,
      clientContextTakeover: contextTakeover,
    }
    const pair = await movers(t, { deflate, route: echo, to: { deflate: false } })
    const client = new WebSocket(`ws://127.0.0.1:${pair.from.port}/`, { perMessageDeflate: { threshold: 0 } })
    t.after(() => client.terminate())
    const got: string[] = []
    client.on('message', (data: Buffer) => got.push(data.toString()))
    await within('it to open', new Promise((resolve) => client.once('open', resolve)))
    const text = (index: number): string => `${index}: ${'the same words again and again, '.repeat(50)}`
    for (let index = 0; index < 5; index++) client.send(text(index))
    await until('the echoes', () => got.length === 5)
    const connection = await onlyConnection(pair.from)
    await pair.move(connection, () => client.send(text(5)))
    for (let index = 6; index < 10; index++) client.send(text(index))
    await until('all echoes', () => got.length === 10 || client.readyState !== client.OPEN)
    assert.deepEqual(
      got,
      Array.from({ length: 10 }, (_, index) => text(index)),
    )
    assert.equal(client.readyState, client.OPEN)
  })
}

test('limits of the new side hold: the message under way is too long there', async (t) => {
  const pair = await movers(t, { route: echo, to: { messageBytesMax: 50 } })
  const client = await openRaw(t, pair.from.port)
  const connection = await onlyConnection(pair.from)
  client.write(clientFrame({ opcode: 1, payload: 'x'.repeat(100) }).subarray(0, 80))
  await read(connection, client)
  await pair.move(connection)
  assert.equal((await client.closeCode()).code, 1009)
  await bothSettled(pair)
})
