/** Frames of a link: any cutting of the bytes gives the same frames; what is too long or makes no sense does not get through. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeInterests, decodeMessage, encodeInterests, encodeMessage } from '../../../src/broker/broker-frames.ts'
import { encodeGreeting, readGreeting } from '../../../src/broker/greeting.ts'
import { LinkFrameReader, writeLinkHeader } from '../../../src/broker/link-frames.ts'
import { roomTopic, type Topic } from '../../../src/connection/topic.ts'

function frame(channel: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(5)
  writeLinkHeader(header, 0, channel, payload.length)
  return Buffer.concat([header, payload])
}

const random = (below: number): number => Math.floor(Math.random() * below)

test('the same frames, however the bytes are cut', () => {
  for (let round = 0; round < 200; round++) {
    const frames = Array.from({ length: 1 + random(20) }, () => {
      const size = [0, 1, 5, 300, 5_000][random(5)]!
      return [random(256), Buffer.alloc(size, random(256))] as const
    })
    const bytes = Buffer.concat(frames.map(([channel, payload]) => frame(channel, payload)))
    const came: (readonly [number, Buffer])[] = []
    const reader = new LinkFrameReader(5_000, (channel, payload) => came.push([channel, Buffer.from(payload)]))
    const chunkMax = [1, 3, 20, 4_000, 100_000][random(5)]!
    for (let at = 0; at < bytes.length; ) {
      const end = at + 1 + random(chunkMax)
      assert.equal(reader.read(bytes.subarray(at, end)), true)
      at = end
    }
    assert.deepEqual(came, frames)
  }
})

test('a frame that is too long is refused at its header, whatever follows; stop() holds within a chunk', () => {
  const came: number[] = []
  const reader = new LinkFrameReader(100, (channel) => came.push(channel))
  const bytes = Buffer.concat([frame(1, Buffer.alloc(100)), frame(2, Buffer.alloc(101)), frame(3, Buffer.alloc(1))])
  assert.equal(reader.read(bytes), false)
  assert.deepEqual(came, [1])
  reader.read(frame(4, Buffer.alloc(1)))
  assert.deepEqual(came, [1])
  const stopping = new LinkFrameReader(100, () => {
    came.push(9)
    stopping.stop()
  })
  stopping.read(Buffer.concat([frame(1, Buffer.alloc(1)), frame(1, Buffer.alloc(1))]))
  assert.deepEqual(came, [1, 9])
})

test('messages and interests come back as they were; bytes that were changed are refused or are something else, never a crash', () => {
  const topics: Topic[] = ['all', 'room:', 'user:ü', roomTopic('\ud800'), roomTopic('x'.repeat(1_000))]
  const messages = topics.map((topic, index) => ({
    topic,
    number: [1, 255, 2 ** 31, 2 ** 40, 2 ** 48 - 1][index]!,
    opcode: 1 + (index % 2),
    payload: Buffer.alloc(index * 3, index),
    first: index % 3 === 0,
  }))
  for (const message of messages) assert.deepEqual(decodeMessage(encodeMessage(message)), message)
  const interests = Array.from({ length: 5_000 }, (_, index) => ({
    topic: roomTopic(`r${index}`),
    came: index % 2 === 0,
  }))
  const frames = [...encodeInterests(interests)]
  assert.ok(frames.length > 1 && frames.every(({ length }) => length < 70_000))
  assert.deepEqual(frames.flatMap(decodeInterests), interests)
  assert.deepEqual([...encodeInterests([])], [])
  const [message] = messages
  const odd = Buffer.from(encodeMessage(message!))
  odd.writeUInt32BE(5, 7)
  assert.throws(() => decodeMessage(odd), /a topic of half a character/)
  const oddInterest = Buffer.from([1, 0, 0, 0, 5, 0x61, 0, 0x6c, 0, 0x6c])
  assert.throws(() => decodeInterests(oddInterest), /a topic of half a character/)
  let refused = 0
  for (let round = 0; round < 20_000; round++) {
    const bytes = Buffer.from(
      round % 2 === 0 ? encodeMessage(messages[random(5)]!) : [...encodeInterests(interests.slice(0, 3))][0]!,
    )
    const cut = bytes.subarray(0, random(bytes.length + 1))
    for (let flips = random(3); flips > 0 && cut.length > 0; flips--)
      cut[random(Math.min(cut.length, 40))] = random(256)
    try {
      if (round % 2 === 0) decodeMessage(cut)
      else decodeInterests(cut)
    } catch (thrown) {
      assert.match(String(thrown), /^Error: (a message|an interest|a topic)/)
      refused++
    }
  }
  assert.ok(refused > 5_000)
})

test('a greeting says who is there; anything else says what is wrong with it', () => {
  const peer = { name: 'w1', pid: 7, nonce: 'n' }
  assert.deepEqual(readGreeting(encodeGreeting(peer)), peer)
  const wrong: [unknown, RegExp][] = [
    ['{', /not JSON/],
    ['', /not JSON/],
    ['null', /not an object/],
    ['[]', /version undefined/],
    [{ ...peer, holdfast: 2 }, /version 2, not 1/],
    [{ holdfast: 1, pid: 7, nonce: 'n' }, /name or nonce/],
    [{ holdfast: 1, name: '', pid: 7, nonce: 'n' }, /name or nonce/],
    [{ holdfast: 1, name: 'x'.repeat(101), pid: 7, nonce: 'n' }, /name or nonce/],
    [{ holdfast: 1, name: 'w1', pid: 7 }, /name or nonce/],
    [{ holdfast: 1, name: 'w1', pid: 1.5, nonce: 'n' }, /pid/],
    [{ holdfast: 1, name: 'w1', pid: -1, nonce: 'n' }, /pid/],
  ]
  for (const [greeting, problem] of wrong) {
    const text = typeof greeting === 'string' ? greeting : JSON.stringify(greeting)
    assert.match(String(readGreeting(Buffer.from(text))), problem)
  }
})
