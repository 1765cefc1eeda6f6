import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT } from '../../../src/protocol/opcodes.ts'
import { CHUNKS, inflater, LIMITS, readAll, type Setting, setUp } from '../../support/reading.ts'
import { chunksOf, clientFrame, type FrameShape } from '../../support/wire.ts'

const open: FrameShape = { opcode: TEXT, fin: false, payload: 'a' }
const VIOLATIONS: readonly (readonly [name: string, code: number, frames: FrameShape[], setting?: Setting])[] = [
  ...[1, 2, 4, 7].map((rsv): [string, number, FrameShape[]] => [`RSV ${rsv}`, 1002, [{ opcode: TEXT, rsv }]]),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode): [string, number, FrameShape[]] => [
    `opcode ${opcode}`,
    1002,
    [{ opcode }],
  ]),
  ...[1, 2, 3, 5].map((rsv): [string, number, FrameShape[], Setting] => [
    `RSV ${rsv} beside deflate`,
    1002,
    [{ opcode: TEXT, rsv }],
    { inflater },
  ]),
  ['RSV1 on a continuation', 1002, [open, { opcode: CONTINUATION, rsv: 4 }], { inflater }],
  ['RSV1 on a ping', 1002, [{ opcode: PING, rsv: 4 }], { inflater }],
  ['RSV1 on a close', 1002, [{ opcode: CLOSE, rsv: 4 }], { inflater }],
  ['unmasked text', 1002, [{ opcode: TEXT, payload: 'x', mask: null }]],
  ['unmasked empty ping', 1002, [{ opcode: PING, mask: null }]],
  ['unmasked close', 1002, [{ opcode: CLOSE, mask: null }]],
  ['fragmented ping', 1002, [{ opcode: PING, fin: false }]],
  ['fragmented pong', 1002, [{ opcode: PONG, fin: false }]],
  ['fragmented close', 1002, [{ opcode: CLOSE, fin: false }]],
  ['ping of 126 bytes', 1002, [{ opcode: PING, payload: 'x'.repeat(126) }]],
  ['close of 126 bytes', 1002, [{ opcode: CLOSE, payload: 'x'.repeat(126) }]],
  ['ping with a 64-bit length', 1002, [{ opcode: PING, payload: 'x', lengthBits: 64 }]],
  ['continuation of nothing', 1002, [{ opcode: CONTINUATION }]],
  ['continuation behind a whole message', 1002, [{ opcode: TEXT }, { opcode: CONTINUATION, fin: false }]],
  ['text while text is open', 1002, [open, { opcode: TEXT }]],
  ['binary while an empty text is open', 1002, [{ opcode: TEXT, fin: false }, { opcode: BINARY }]],
  ['text while text is open, ping between', 1002, [open, { opcode: PING }, open]],
  ['125 bytes in a 16-bit length', 1002, [{ opcode: BINARY, payload: 'x'.repeat(125), lengthBits: 16 }]],
  ['nothing in a 16-bit length', 1002, [{ opcode: BINARY, lengthBits: 16 }]],
  ['nothing in a 64-bit length', 1002, [{ opcode: BINARY, lengthBits: 64 }]],
  ['65,535 bytes in a 64-bit length', 1002, [{ opcode: BINARY, announced: 65_535, lengthBits: 64 }]],
  ['a length with its top bit set', 1002, [{ opcode: BINARY, announced: 1n << 63n }]],
  ['every bit of the length set', 1002, [{ opcode: BINARY, announced: (1n << 64n) - 1n }]],
  ['a length over MAX_SAFE_INTEGER', 1009, [{ opcode: BINARY, announced: 1n << 53n }]],
  ['the greatest length without top bit', 1009, [{ opcode: TEXT, announced: (1n << 63n) - 1n }]],
  ['one byte over the limit', 1009, [{ opcode: BINARY, announced: LIMITS.messageBytesMax + 1 }]],
  ['one byte over a small limit', 1009, [{ opcode: TEXT, announced: 11 }], { limits: { messageBytesMax: 10 } }],
  ['over the limit by two frames', 1009, [open, { opcode: 0, announced: 10 }], { limits: { messageBytesMax: 10 } }],
  ['over the limit with MAX_SAFE_INTEGER', 1009, [open, { opcode: 0, announced: Number.MAX_SAFE_INTEGER }]],
  ['compressed bytes over the limit', 1009, [{ opcode: TEXT, rsv: 4, announced: 1 << 21 }], { inflater }],
  ['one fragment too many', 1008, [open, { opcode: 0, fin: false }, { opcode: 0 }], { limits: { fragmentsMax: 2 } }],
  [
    'three pings',
    1008,
    [{ opcode: PING }, { opcode: PONG }, { opcode: PING }],
    { limits: { controlFramesPerSecondMax: 2 } },
  ],
  ['close payload of one byte', 1002, [{ opcode: CLOSE, payload: 'x' }]],
  ['close code 1005', 1002, [{ opcode: CLOSE, payload: Buffer.from('03ed', 'hex') }]],
  ['close code 5000', 1002, [{ opcode: CLOSE, payload: Buffer.from('1388', 'hex') }]],
  ['close reason not UTF-8', 1007, [{ opcode: CLOSE, payload: Buffer.from('03e8ff', 'hex') }]],
  ['text not UTF-8', 1007, [{ opcode: TEXT, payload: Buffer.from('ce00', 'hex') }]],
  ['long text not UTF-8', 1007, [{ opcode: TEXT, payload: Buffer.alloc(5000, 'x').fill(0xff, 4999) }]],
  ['text ends inside a character', 1007, [{ opcode: TEXT, payload: Buffer.from('61e282', 'hex') }]],
  ['fragments end inside a character', 1007, [open, { opcode: 0, payload: Buffer.from('e282', 'hex') }]],
  ['... and in an empty fragment', 1007, [{ ...open, payload: Buffer.from('f0', 'hex') }, { opcode: 0 }]],
]

for (const [name, code, frames, setting] of VIOLATIONS) {
  test(`violation ${code}: ${name}`, () => {
    const before = clientFrame({ opcode: BINARY, payload: 'ok' })
    const stream = Buffer.concat([before, ...frames.map(clientFrame), before, before])
    for (const chunkBytes of CHUNKS) {
      const { reader, sink } = setUp(setting)
      for (const chunk of chunksOf(stream, chunkBytes)) reader.read(chunk)
      assert.deepEqual(sink.events.at(-1)?.slice(0, 2), ['violation', code], `chunks of ${chunkBytes}`)
      assert.equal(sink.events.filter(([kind]) => kind === 'violation').length, 1)
      assert.ok(Buffer.byteLength(String(sink.events.at(-1)?.[2])) <= 123)
      assert.equal(reader.heldBytes, 0)
    }
  })
}

test('a message too big is refused from its header, before any payload', () => {
  const frame = clientFrame({ opcode: BINARY, announced: 1 << 30 })
  assert.deepEqual(readAll(frame, 1)[0]?.slice(0, 2), ['violation', 1009])
})

test('an unmasked frame or a reserved opcode is refused at the second byte', () => {
  for (const start of ['8101', '8381', 'c181']) {
    assert.deepEqual(readAll(Buffer.from(start, 'hex'), 1)[0]?.slice(0, 2), ['violation', 1002], start)
  }
})

test('invalid UTF-8 fails at its first hopeless byte, in the middle of an unfinished frame', () => {
  for (const [valid, rest] of [
    ['κόσμε', 'c0'],
    ['κόσμε', 'f490'],
    ['', 'eda0'],
    ['', 'e080'],
    ['x'.repeat(70_000), 'f080'],
    ['é'.repeat(1000), 'ff'],
  ] as const) {
    const payload = Buffer.concat([Buffer.from(valid), Buffer.from(rest, 'hex'), Buffer.alloc(50, 'x')])
    const frame = clientFrame({ opcode: TEXT, payload })
    const hopelessAt = frame.length - 50
    for (const chunkBytes of [1, 3, 997]) {
      const { reader, sink } = setUp()
      for (const chunk of chunksOf(frame.subarray(0, hopelessAt - 1), chunkBytes)) reader.read(chunk)
      assert.equal(sink.events.length, 0, `${rest} not before`)
      reader.read(Buffer.from(frame.subarray(hopelessAt - 1, hopelessAt)))
      assert.deepEqual(sink.events[0]?.slice(0, 2), ['violation', 1007], rest)
    }
  }
})
