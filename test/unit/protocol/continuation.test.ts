/**
 * A reader that stops anywhere and another that goes on from its continuation say together what one reader says: at every split of
 * every stream, paused or not, also when it moves on several times.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { FrameReader } from '../../../src/protocol/frame-reader.ts'
import { BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT } from '../../../src/protocol/opcodes.ts'
import { Random } from '../../fuzz/random.ts'
import { type Event, inflater, type Recorder, readAll, type Setting, setUp } from '../../support/reading.ts'
import { clientFrame, clientMessage } from '../../support/wire.ts'

const SETTING: Setting = { inflater }
const EURO = Buffer.from('aé€😀zß'.repeat(5))
const ping = clientFrame({ opcode: PING, payload: 'ping with some payload', mask: 0x01020304 })

/** Many messages in each: of one frame, of several, with control frames within, empty ones, compressed ones, long headers. */
const STREAMS: Readonly<Record<string, Buffer>> = {
  'whole messages': Buffer.concat([
    clientFrame({ opcode: TEXT, payload: 'one' }),
    clientFrame({ opcode: BINARY, payload: 'two two' }),
    clientFrame({ opcode: TEXT }),
    clientFrame({ opcode: TEXT, payload: EURO }),
    clientFrame({ opcode: CLOSE, payload: '\x03\xe8bye' }),
  ]),
  'fragments with control frames between': Buffer.concat([
    clientMessage(TEXT, EURO, [1, 3, 0, 2, 5], ping),
    clientMessage(BINARY, EURO, [0, 0, 4]),
    clientFrame({ opcode: PONG, payload: 'p' }),
    clientMessage(TEXT, EURO, [7], clientFrame({ opcode: PING })),
  ]),
  'compressed fragments': Buffer.concat([
    clientFrame({ opcode: TEXT, rsv: 4, fin: false, payload: 'be' }),
    ping,
    clientFrame({ opcode: CONTINUATION, fin: false, payload: 'gin' }),
    clientFrame({ opcode: CONTINUATION, payload: 'end' }),
    clientFrame({ opcode: BINARY, rsv: 4, payload: 'whole' }),
  ]),
  'headers of 8 bytes': Buffer.concat([
    clientFrame({ opcode: BINARY, payload: Buffer.alloc(126, 'x') }),
    clientMessage(TEXT, Buffer.alloc(300, 'y'), [130, 20], ping),
    clientFrame({ opcode: TEXT, payload: 'behind' }),
  ]),
  'a violation after what was right': Buffer.concat([
    clientMessage(TEXT, Buffer.from('fine'), [2]),
    clientFrame({ opcode: TEXT, fin: false, payload: 'begun' }),
    clientFrame({ opcode: TEXT, payload: 'again' }),
  ]),
  'text that is wrong in its second half': clientMessage(TEXT, Buffer.from([0x61, 0xe2, 0x82, 0x28]), [1, 1]),
}

function copy(bytes: Buffer): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(own)
  return own
}

/** A second reader at the place of the first, which is not touched by it. */
function goOn(reader: FrameReader, sink: Recorder, setting: Setting): FrameReader {
  const next = setUp(setting)
  next.sink.onEvent = (event) => void sink.events.push(event)
  next.reader.read(copy(reader.continuation()))
  return next.reader
}

/** Reads the first `at` bytes in one reader and the rest in the next. */
function readInTwo(stream: Buffer, at: number, chunkBytes: number, setting: Setting = SETTING): Event[] {
  const { reader, sink } = setUp(setting)
  for (let start = 0; start < at; start += chunkBytes) {
    reader.read(copy(stream.subarray(start, Math.min(at, start + chunkBytes))))
  }
  const stopped = sink.events.some(([kind]) => kind === 'close' || kind === 'violation')
  if (stopped) return sink.events
  goOn(reader, sink, setting).read(copy(stream.subarray(at)))
  return sink.events
}

for (const [name, stream] of Object.entries(STREAMS)) {
  test(`${name}: split at every byte`, () => {
    const wanted = readAll(stream, stream.length, SETTING)
    assert.ok(wanted.length > 0)
    for (let at = 0; at <= stream.length; at += 1) {
      for (const chunkBytes of [1, 5, stream.length]) {
        assert.deepEqual(readInTwo(stream, at, chunkBytes), wanted, `split at ${at}, chunks of ${chunkBytes}`)
      }
    }
  })

  test(`${name}: a new reader after every byte`, () => {
    const wanted = readAll(stream, stream.length, SETTING)
    const { reader: first, sink } = setUp(SETTING)
    let reader = first
    for (const byte of stream) {
      reader.read(Buffer.of(byte))
      if (sink.events.some(([kind]) => kind === 'close' || kind === 'violation')) break
      reader = goOn(reader, sink, SETTING)
    }
    assert.deepEqual(sink.events, wanted)
  })

  test(`${name}: paused after each event, with the rest unparsed`, () => {
    const wanted = readAll(stream, stream.length, SETTING)
    for (let stop = 1; stop < wanted.length; stop += 1) {
      const { reader, sink } = setUp(SETTING)
      sink.onEvent = () => {
        if (sink.events.length === stop) reader.pause()
      }
      const half = stream.length >> 1
      reader.read(copy(stream.subarray(0, half)))
      reader.read(copy(stream.subarray(half)))
      if (!reader.paused) continue
      assert.equal(sink.events.length, stop)
      goOn(reader, sink, SETTING)
      assert.deepEqual(sink.events, wanted, `paused after ${stop}`)
    }
  })
}

test('random streams, random splits, random readers', () => {
  const random = new Random('continuation')
  const below = (bound: number): number => random.int(0, bound - 1)
  for (let round = 0; round < 300; round += 1) {
    const frames: Buffer[] = []
    for (let count = 1 + below(6); count > 0; count -= 1) {
      const payload = Buffer.alloc(below(4) === 0 ? below(70_000) : below(200), 'abcdefghij')
      const sizes = Array.from({ length: below(5) }, () => below(payload.length + 1))
      const between = below(2) === 0 ? undefined : clientFrame({ opcode: PING, payload: 'p'.repeat(below(126)) })
      frames.push(clientMessage(below(2) === 0 ? TEXT : BINARY, payload, sizes, between))
    }
    const stream = Buffer.concat(frames)
    const wanted = readAll(stream, stream.length, SETTING)
    const { reader: first, sink } = setUp(SETTING)
    let reader = first
    for (let at = 0; at < stream.length; ) {
      const end = Math.min(stream.length, at + 1 + below(below(2) === 0 ? 20 : 40_000))
      reader.read(copy(stream.subarray(at, end)))
      at = end
      if (below(3) === 0) reader = goOn(reader, sink, SETTING)
    }
    assert.deepEqual(sink.events, wanted, `round ${round}`)
  }
})

test('the limits go on where they were: fragments, bytes of the message, smaller ones of the next reader', () => {
  const limits = { fragmentsMax: 4, messageBytesMax: 100 }
  const fragment = (fin: boolean, first = false): Buffer =>
    clientFrame({ opcode: first ? TEXT : CONTINUATION, fin, payload: 'x' })
  const four = Buffer.concat([fragment(false, true), fragment(false), fragment(false), fragment(true)])
  const five = Buffer.concat([fragment(false, true), fragment(false), fragment(false), fragment(false), fragment(true)])
  for (let at = 0; at <= four.length; at += 1) {
    assert.deepEqual(readInTwo(four, at, 1, { limits }), [['text', 'xxxx']])
    assert.deepEqual(readInTwo(five, at, 1, { limits }), [
      ['violation', 1008, 'message of more than fragmentsMax frames'],
    ])
  }
  const long = clientMessage(TEXT, Buffer.alloc(101, 'x'), [50, 50])
  for (let at = 0; at <= long.length; at += 1) {
    assert.deepEqual(readInTwo(long, at, 1, { limits })[0]?.slice(0, 2), ['violation', 1009], `split at ${at}`)
  }
  const { reader, sink } = setUp()
  reader.read(copy(clientMessage(TEXT, Buffer.alloc(80, 'x'), [60]).subarray(0, 50)))
  goOn(reader, sink, { limits: { messageBytesMax: 30 } })
  assert.deepEqual(sink.events, [['violation', 1009, 'message over messageBytesMax']])
})

test('it only looks: the reader itself goes on as if nothing had been', () => {
  const stream = STREAMS['fragments with control frames between']!
  const { reader, sink } = setUp(SETTING)
  for (const byte of stream) {
    reader.read(Buffer.of(byte))
    reader.continuation()
  }
  assert.deepEqual(sink.events, readAll(stream, stream.length, SETTING))
})

test('control: a continuation with one bit off is seen', () => {
  const payload = randomBytes(64)
  const stream = clientMessage(BINARY, payload, [10, 20])
  const { reader, sink } = setUp()
  reader.read(copy(stream.subarray(0, 25)))
  const bytes = copy(reader.continuation())
  bytes[bytes.length - 1]! ^= 1
  const next = setUp()
  next.reader.read(bytes)
  next.reader.read(copy(stream.subarray(25)))
  assert.equal(sink.events.length, 0)
  assert.notDeepEqual(next.sink.events, [['binary', payload]])
})
