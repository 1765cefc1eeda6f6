import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT } from '../../../src/protocol/opcodes.ts'
import { CHUNKS, type Event, inflater, readAll, setUp } from '../../support/reading.ts'
import { clientFrame, clientMessage, type FrameShape } from '../../support/wire.ts'

const SIZES = [0, 1, 2, 63, 79, 80, 124, 125, 126, 127, 128, 511, 4095, 4096, 65_535, 65_536, 65_537, 100_000]

function sample(opcode: number, size: number): Buffer {
  if (opcode === BINARY) return Buffer.from(Array.from({ length: size }, (_, at) => (at * 7 + (at >> 8)) & 0xff))
  const text = Buffer.from('aé€😀zß'.repeat(Math.ceil(size / 14)))
  // Filled up with ASCII where the cut would go through a character.
  let cut = size
  while (cut > 0 && (text[cut]! & 0xc0) === 0x80) cut -= 1
  return Buffer.concat([text.subarray(0, cut), Buffer.alloc(size - cut, 'x')])
}

test('text and binary of every size, however fragmented and split, with and without control frames between', () => {
  let cases = 0
  for (const opcode of [TEXT, BINARY]) {
    for (const size of SIZES) {
      const payload = sample(opcode, size)
      const wanted: Event = opcode === TEXT ? ['text', payload.toString()] : ['binary', payload]
      const small = size > 4096 ? [1, 997] : [1, 1, 1, 0, 2, 125]
      for (const sizes of [[], [0], [0, 0, size], [size], [size >> 1], [3, 126], small]) {
        for (const between of [undefined, Buffer.concat([clientFrame({ opcode: PING, payload: 'p' })])]) {
          const message = clientMessage(opcode, payload, sizes, between)
          // A second message behind it shows that the reader stands where it should.
          const stream = Buffer.concat([message, clientFrame({ opcode: TEXT, payload: 'next' })])
          const pings = between === undefined ? [] : sizes.map((): Event => ['ping', 'p'])
          for (const chunkBytes of CHUNKS) {
            if (chunkBytes < 7 && size > 4096 && sizes.length > 1) continue
            const got = readAll(stream, chunkBytes)
            assert.deepEqual(got, [...pings, wanted, ['text', 'next']], `${size} in ${sizes}, chunks of ${chunkBytes}`)
            cases += 1
          }
        }
      }
    }
  }
  assert.ok(cases > 2500, `${cases}`)
})

test('ASCII text of every size, alone and many to a chunk', () => {
  for (const size of [...Array(200).keys(), 511, 512, 513, 4096, 65_536, 70_001]) {
    const text = 'holdfast'.repeat(size / 8 + 1).slice(0, size)
    const stream = Buffer.concat(Array<Buffer>(5).fill(clientFrame({ opcode: TEXT, payload: text })))
    for (const chunkBytes of [5, 997, 65_536, Number.MAX_SAFE_INTEGER]) {
      assert.deepEqual(readAll(stream, chunkBytes), Array<Event>(5).fill(['text', text]), `${size} by ${chunkBytes}`)
    }
  }
})

test('control frames: every payload size, and close ends the reading', () => {
  const frames: Buffer[] = []
  const wanted: Event[] = []
  for (const size of [0, 1, 64, 124, 125]) {
    const payload = 'c'.repeat(size)
    frames.push(clientFrame({ opcode: PING, payload }), clientFrame({ opcode: PONG, payload, mask: 0 }))
    wanted.push(['ping', payload], ['pong', payload])
  }
  for (const [payload, code, reason] of [
    ['', 1005, ''],
    ['\x03\xe8', 1000, ''],
    ['\x0f\xa0bye', 4000, 'bye'],
  ] as const) {
    const close = clientFrame({ opcode: CLOSE, payload: Buffer.from(payload, 'latin1') })
    const stream = Buffer.concat([...frames, close, clientFrame({ opcode: TEXT, payload: 'too late' })])
    for (const chunkBytes of CHUNKS) {
      assert.deepEqual(readAll(stream, chunkBytes), [...wanted, ['close', code, reason]])
    }
  }
})

test('compressed messages go through the inflater whole, and are checked behind it', () => {
  const frames = [
    clientFrame({ opcode: TEXT, rsv: 4, payload: 'é' }),
    clientFrame({ opcode: TEXT, rsv: 4, fin: false, payload: Buffer.from([0xc3]) }),
    clientFrame({ opcode: PING }),
    clientFrame({ opcode: CONTINUATION, payload: Buffer.from([0xa9]) }),
    clientFrame({ opcode: BINARY, rsv: 4 }),
    clientFrame({ opcode: TEXT, payload: 'plain' }),
  ]
  const wanted: Event[] = [
    ['text', '<é>'],
    ['ping', ''],
    ['text', '<é>'],
    ['binary', Buffer.from('<>')],
    ['text', 'plain'],
  ]
  for (const [bad, code] of [
    ['!', 1007],
    ['"', 1009],
    ['\xff', 1007],
  ] as const) {
    const last = clientFrame({ opcode: TEXT, rsv: 4, payload: Buffer.from(bad, 'latin1') })
    for (const chunkBytes of [1, 3, 1000]) {
      const got = readAll(Buffer.concat([...frames, last, frames[0]!]), chunkBytes, { inflater })
      assert.deepEqual(got.slice(0, -1), wanted)
      assert.deepEqual(got.at(-1)?.slice(0, 2), ['violation', code])
    }
  }
})

test('exactly at the limits all is well', () => {
  const limits = { messageBytesMax: 300, fragmentsMax: 4, controlFramesPerSecondMax: 3 }
  const message = clientMessage(TEXT, Buffer.alloc(300, 'x'), [100, 0, 200], clientFrame({ opcode: PING }))
  const stream = Buffer.concat([message, clientFrame({ opcode: BINARY, payload: Buffer.alloc(300) })])
  for (const chunkBytes of CHUNKS) {
    const kinds = readAll(stream, chunkBytes, { limits }).map(([kind]) => kind)
    assert.deepEqual(kinds, ['ping', 'ping', 'ping', 'text', 'binary'])
  }
})

test('the rate of control frames is counted anew each second, and a close is always read', () => {
  let now = 5_000
  const { reader, sink } = setUp({ limits: { controlFramesPerSecondMax: 2 }, now: () => now })
  for (let second = 0; second < 3; second += 1, now += 1000) {
    reader.read(clientFrame({ opcode: PING }))
    reader.read(clientFrame({ opcode: PONG }))
  }
  now -= 1000
  reader.read(clientFrame({ opcode: CLOSE }))
  assert.deepEqual(sink.events.at(-1), ['close', 1005, ''])
  assert.equal(sink.events.length, 7)
})

test('pings and messages stay what they are when the chunk is written over', () => {
  const { reader, sink } = setUp()
  const chunk = Buffer.concat([BINARY, PING, PONG].map((opcode) => clientFrame({ opcode, payload: 'kept' })))
  const payloads: Buffer[] = []
  sink.readerOnPing = (payload) => void payloads.push(payload)
  sink.readerOnPong = (payload) => void payloads.push(payload)
  reader.read(chunk)
  chunk.fill(0)
  assert.deepEqual(sink.events, [['binary', Buffer.from('kept')]])
  assert.deepEqual(payloads.map(String), ['kept', 'kept'])
})

test('messages counts data messages, not control frames', () => {
  const { reader } = setUp()
  const frames: FrameShape[] = [{ opcode: TEXT }, { opcode: PING }, { opcode: TEXT, fin: false }, { opcode: PONG }]
  for (const frame of frames) reader.read(clientFrame(frame))
  assert.equal(reader.messages, 1)
  reader.read(clientFrame({ opcode: CONTINUATION }))
  assert.equal(reader.messages, 2)
})
