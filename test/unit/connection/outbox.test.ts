import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FlushQueue } from '../../../src/connection/flush-queue.ts'
import { Outbox } from '../../../src/connection/outbox.ts'
import { encodeFrame } from '../../../src/protocol/frame-writer.ts'
import { turn } from '../../support/deadline.ts'
import { FakeSocket } from '../../support/fake-socket.ts'

function setUp(flushes = new FlushQueue()): { socket: FakeSocket; outbox: Outbox } {
  const socket = new FakeSocket()
  return { socket, outbox: new Outbox(socket.asSocket, flushes, { outboxOnFlushed: () => {} }) }
}

const text = (outbox: Outbox, message: string): void => outbox.text(1, message, Buffer.byteLength(message))

test('what is added in one turn is written once, in order, at its end', async () => {
  const { socket, outbox } = setUp()
  for (let count = 0; count < 200; count++) text(outbox, `message ${count}`)
  outbox.binary(2, Buffer.from([1, 2, 3]), false)
  outbox.frame(encodeFrame(1, 'shared'))
  assert.equal(socket.writes, 0)
  assert.ok(outbox.bytes > 0)
  await turn()
  assert.equal(socket.writes, 1)
  assert.equal(outbox.bytes, 0)
  const expected = Array.from({ length: 200 }, (_, count) => encodeFrame(1, `message ${count}`))
  assert.deepEqual(
    socket.bytes,
    Buffer.concat([...expected, encodeFrame(2, Buffer.from([1, 2, 3])), encodeFrame(1, 'shared')]),
  )
  await turn()
  assert.equal(socket.writes, 1, 'nothing new, nothing written')
})

test('large payloads keep their place, are written in the same stroke, and are not copied', async () => {
  const { socket, outbox } = setUp()
  const large = Buffer.alloc(100_000, 7)
  text(outbox, 'before')
  outbox.binary(2, large, false)
  text(outbox, 'between')
  text(outbox, 'é'.repeat(40_000))
  text(outbox, 'after')
  large[99_999] = 8
  await turn()
  assert.equal(socket.writes, 1)
  assert.deepEqual(
    socket.bytes,
    Buffer.concat([
      encodeFrame(1, 'before'),
      encodeFrame(2, large),
      encodeFrame(1, 'between'),
      encodeFrame(1, 'é'.repeat(40_000)),
      encodeFrame(1, 'after'),
    ]),
  )
})

test('bytes counts everything that waits, before and after it was handed to the socket', async () => {
  const { socket, outbox } = setUp()
  socket.blocked = true
  text(outbox, 'x'.repeat(100))
  assert.equal(outbox.bytes, 102)
  outbox.binary(2, Buffer.alloc(70_000), false)
  assert.equal(outbox.bytes, 102 + 10 + 70_000)
  await turn()
  assert.equal(outbox.bytes, 102 + 10 + 70_000)
  assert.equal(outbox.blocked, true)
  socket.unblock()
  assert.equal(outbox.bytes, 0)
  assert.equal(outbox.blocked, false)
})

test('while the socket is full everything waits here, and goes out in order when it drains', async () => {
  const { socket, outbox } = setUp()
  socket.blocked = true
  const frames: Buffer[] = []
  const add = (message: string): void => {
    text(outbox, message)
    frames.push(encodeFrame(1, message))
  }
  add('a'.repeat(20_000))
  await turn()
  const { writes } = socket
  for (let count = 0; count < 50; count++) {
    add(`waits ${count} ${'.'.repeat(count * 20)}`)
    await turn()
  }
  assert.equal(socket.writes, writes, 'nothing is handed to a socket that asked to wait')
  socket.unblock()
  outbox.flush()
  assert.deepEqual(socket.bytes, Buffer.concat(frames))
})

test('of pongs that wait only the latest is kept; to a reader that reads each is answered', async () => {
  const { socket, outbox } = setUp()
  outbox.pong(Buffer.from('1'))
  outbox.pong(Buffer.from('2'))
  await turn()
  assert.deepEqual(socket.bytes, Buffer.concat([encodeFrame(10, '1'), encodeFrame(10, '2')]))
  socket.taken.length = 0
  socket.blocked = true
  text(outbox, 'y'.repeat(20_000))
  await turn()
  const before = outbox.bytes
  for (let count = 0; count < 1_000; count++) outbox.pong(Buffer.from(`late ${count}`))
  await turn()
  assert.equal(outbox.bytes, before)
  socket.unblock()
  outbox.flush()
  assert.deepEqual(socket.bytes, Buffer.concat([encodeFrame(1, 'y'.repeat(20_000)), encodeFrame(10, 'late 999')]))
})

test('a pong that waits goes before the close frame, also when the reader has just read on', async () => {
  const { socket, outbox } = setUp()
  socket.blocked = true
  text(outbox, 'y'.repeat(1_000))
  await turn()
  outbox.pong(Buffer.from('here'))
  socket.unblock()
  // The first steps of the ending chain.
  if (outbox.queues) outbox.flushAll()
  outbox.frame(encodeFrame(8, ''))
  outbox.flushAll()
  const expected = [encodeFrame(1, 'y'.repeat(1_000)), encodeFrame(10, 'here'), encodeFrame(8, '')]
  assert.deepEqual(socket.bytes, Buffer.concat(expected))
})

test('flushAll hands over everything however busy the socket is; after end nothing is written', async () => {
  const { socket, outbox } = setUp()
  socket.blocked = true
  text(outbox, 'z'.repeat(20_000))
  await turn()
  text(outbox, 'last words')
  outbox.flushAll()
  assert.ok(socket.writableLength > 20_000)
  outbox.end()
  text(outbox, 'too late')
  outbox.pong(Buffer.from('too late'))
  await turn()
  outbox.flush()
  socket.unblock()
  assert.deepEqual(socket.bytes, Buffer.concat([encodeFrame(1, 'z'.repeat(20_000)), encodeFrame(1, 'last words')]))
})

test('a head of any length is written whole', async () => {
  for (const length of [0, 200, 16 * 1024, 16 * 1024 + 1, 100_000]) {
    const { socket, outbox } = setUp()
    const head = `HTTP/1.1 101\r\n${'h'.repeat(length)}\r\n\r\n`
    outbox.frame(Buffer.from(head))
    text(outbox, 'first')
    await turn()
    assert.deepEqual(socket.bytes, Buffer.concat([Buffer.from(head), encodeFrame(1, 'first')]), `${length} bytes`)
  }
})

/** A small generator with a seed: a failure can be run again. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

test('many outboxes share the memory they write into: nobody ever sees bytes of another', async () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = randomFrom(seed)
    const flushes = new FlushQueue()
    const all = Array.from({ length: 6 }, (_, index) => ({ ...setUp(flushes), index, expected: [] as Buffer[] }))
    for (let step = 0; step < 400; step++) {
      const one = all[random(all.length)]!
      const size = [5, 60, 900, 3_000, 9_000, 20_000][random(6)]!
      const message = String.fromCharCode(97 + one.index).repeat(1 + random(size))
      const what = random(12)
      if (what < 6) text(one.outbox, message)
      else if (what < 8) one.outbox.binary(1, Buffer.from(message), false)
      else if (what === 8) one.outbox.frame(encodeFrame(1, message))
      else if (what === 9) one.socket.blocked = true
      else if (what === 10) {
        one.socket.unblock()
        one.outbox.flush()
      } else await turn()
      if (what < 9) one.expected.push(encodeFrame(1, message))
    }
    for (const { socket, outbox } of all) {
      await turn()
      socket.unblock()
      outbox.flush()
    }
    for (const { socket, index, expected } of all) {
      assert.ok(socket.bytes.equals(Buffer.concat(expected)), `seed ${seed}, outbox ${index}`)
    }
  }
})
