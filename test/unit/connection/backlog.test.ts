/** Messages that wait one by one: order, keys, what they cost, and what is handed to a socket that takes only so much. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Backlog, ENTRY_BYTES, type LatestKey, type WaitingMessage } from '../../../src/connection/backlog.ts'
import { encodeFrame } from '../../../src/protocol/frame-writer.ts'
import { collected } from '../../support/collected.ts'
import { FakeSocket } from '../../support/fake-socket.ts'

function waiting(text: string, key?: LatestKey): WaitingMessage {
  return { frame: encodeFrame(1, text), late: null, key }
}

function written(backlog: Backlog): string[] {
  const socket = new FakeSocket()
  backlog.write(socket.asSocket, true)
  return textsIn(socket.bytes)
}

/** The payloads of short text frames. */
function textsIn(bytes: Buffer): string[] {
  const texts: string[] = []
  for (let at = 0; at < bytes.length; at += 2 + bytes[at + 1]!) {
    assert.ok(bytes[at + 1]! < 126, 'short frames only')
    texts.push(bytes.toString('utf8', at + 2, at + 2 + bytes[at + 1]!))
  }
  return texts
}

test('first in, first out; bytes counts each message and what keeping it costs', () => {
  const backlog = new Backlog()
  assert.equal(backlog.add(waiting('a')), null)
  assert.equal(backlog.add(waiting('bb')), null)
  assert.equal(backlog.count, 2)
  assert.equal(backlog.bytes, 3 + 4 + 2 * ENTRY_BYTES)
  assert.deepEqual(backlog.shift()?.frame, encodeFrame(1, 'a'))
  assert.equal(backlog.bytes, 4 + ENTRY_BYTES)
  assert.deepEqual(written(backlog), ['bb'])
  assert.equal(backlog.bytes, 0)
  assert.equal(backlog.count, 0)
  assert.equal(backlog.shift(), undefined)
})

test('a newer message takes the place of the one with its key, which is handed back; a number is not its text', () => {
  const backlog = new Backlog()
  backlog.add(waiting('1: old', 1))
  backlog.add(waiting('no key'))
  backlog.add(waiting('"1": only', '1'))
  backlog.add(waiting('no key either'))
  const before = backlog.bytes
  assert.deepEqual(backlog.add(waiting('1: much newer', 1)), encodeFrame(1, '1: old'))
  assert.equal(backlog.count, 4)
  assert.equal(backlog.bytes, before + 'much newer'.length - 'old'.length)
  assert.deepEqual(written(backlog), ['1: much newer', 'no key', '"1": only', 'no key either'])
  assert.equal(backlog.bytes, 0)
})

test('what has left is not replaced any more: by shift, by being written, by clear', () => {
  const leave: ((backlog: Backlog) => unknown)[] = [
    (backlog) => backlog.shift(),
    (backlog) => written(backlog),
    (backlog) => backlog.clear(),
  ]
  for (const go of leave) {
    const backlog = new Backlog()
    backlog.add(waiting('old', 'key'))
    go(backlog)
    assert.equal(backlog.bytes, 0)
    assert.equal(backlog.add(waiting('new', 'key')), null)
    assert.deepEqual(written(backlog), ['new'])
  }
})

test('writes until the socket asks to wait, and the rest when it has drained', () => {
  const backlog = new Backlog()
  const texts = Array.from({ length: 1_000 }, (_, number) => `${number} ${'.'.repeat(100)}`)
  for (const text of texts) backlog.add(waiting(text))
  const socket = new FakeSocket()
  socket.blocked = true
  backlog.write(socket.asSocket, false)
  const { count } = backlog
  assert.ok(count > 500 && count < 1_000, `${count} wait`)
  backlog.write(socket.asSocket, false)
  assert.equal(backlog.count, count, 'a socket that asks to wait is handed nothing')
  socket.unblock()
  backlog.write(socket.asSocket, false)
  assert.equal(backlog.count, 0)
  assert.deepEqual(textsIn(socket.bytes), texts)
  assert.ok(socket.writes < 20, `${socket.writes} writes for 100 KB`)
})

test('what can only be made late is made in the order it is written, and only if it is', () => {
  const backlog = new Backlog()
  const made: string[] = []
  const late = {
    opcode: 1,
    encode(payload: Uint8Array): Buffer {
      made.push(payload.toString())
      return encodeFrame(1, `late ${payload}`)
    },
  }
  const add = (text: string, key?: LatestKey): unknown => backlog.add({ frame: Buffer.from(text), late, key })
  for (const text of ['dropped', 'first']) add(text)
  add('replaced', 'key')
  backlog.add(waiting('ready'))
  assert.deepEqual(add('newest', 'key'), Buffer.from('replaced'))
  backlog.shift()
  assert.deepEqual(
    backlog.all().map(({ frame, key }) => [frame.toString().replace(/^\W+/, ''), key]),
    [
      ['first', undefined],
      ['newest', 'key'],
      ['ready', undefined],
    ],
  )
  assert.deepEqual(made, [])
  assert.deepEqual(written(backlog), ['late first', 'late newest', 'ready'])
  assert.deepEqual(made, ['first', 'newest'])
})

test('clear says how many messages that were', () => {
  const backlog = new Backlog()
  for (const text of ['a', 'b', 'c']) backlog.add(waiting(text, text))
  backlog.shift()
  assert.equal(backlog.clear(), 2)
  assert.deepEqual([backlog.count, backlog.bytes, backlog.clear()], [0, 0, 0])
})

test('a message that was dropped or replaced is not kept alive while others wait', async () => {
  const backlog = new Backlog()
  const gone: WeakRef<object>[] = []
  const still: WeakRef<object>[] = []
  const add = (references: WeakRef<object>[], key?: LatestKey): void => {
    const frame = Buffer.alloc(10_000)
    references.push(new WeakRef(frame))
    backlog.add({ frame, late: null, key })
  }
  for (let count = 0; count < 10; count++) add(gone)
  for (let count = 0; count < 9; count++) backlog.shift()
  for (let count = 0; count < 10; count++) add(gone, 'key')
  add(still, 'key')
  backlog.shift()
  for (const reference of gone) assert.equal(await collected(reference), true)
  for (const reference of still) assert.equal(await collected(reference), false)
  assert.equal(backlog.count, 1)
})
