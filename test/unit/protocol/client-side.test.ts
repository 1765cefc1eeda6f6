/** The protocol from the client's side: what it writes our own server side reads, and the reverse, however the stream is split. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeClientFrame } from '../../../src/protocol/client-frame.ts'
import { readAnswer, requestHead } from '../../../src/protocol/client-handshake.ts'
import { FrameReader } from '../../../src/protocol/frame-reader.ts'
import { encodeClose, encodeFrame } from '../../../src/protocol/frame-writer.ts'
import { acceptKey, checkHandshake, responseHead } from '../../../src/protocol/handshake.ts'
import { BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT } from '../../../src/protocol/opcodes.ts'
import type { ReaderSink } from '../../../src/protocol/reader-sink.ts'
import { ServerFrameReader } from '../../../src/protocol/server-frame-reader.ts'
import { chunksOf } from '../../support/wire.ts'

function recorder(): ReaderSink & { readonly seen: unknown[] } {
  const seen: unknown[] = []
  return {
    seen,
    readerOnMessage: (message) => seen.push(typeof message === 'string' ? message : message.length),
    readerOnPing: (payload) => seen.push(['ping', String(payload)]),
    readerOnPong: (payload) => seen.push(['pong', String(payload)]),
    readerOnClose: (code, reason) => seen.push(['close', code, reason]),
    readerOnViolation: ({ reason }) => seen.push(['violation', reason]),
  }
}

const LIMITS = { messageBytesMax: 1e6, fragmentsMax: 10, controlFramesPerSecondMax: 100 }

test('frames of a client are read by the reader of a server', () => {
  const sink = recorder()
  const reader = new FrameReader(sink, LIMITS, null, () => 0)
  for (const [opcode, payload] of [
    [TEXT, 'grüße'],
    [BINARY, Buffer.alloc(70_000, 3)],
    [TEXT, 'x'.repeat(300)],
    [PING, 'p'],
    [TEXT, ''],
    [CLOSE, Buffer.from([3, 232])],
  ] as const) {
    reader.read(encodeClientFrame(opcode, payload, 0x9f3cc35a))
  }
  assert.deepEqual(sink.seen, ['grüße', 70_000, 'x'.repeat(300), ['ping', 'p'], '', ['close', 1000, '']])
})

test('frames of a server are read, however the stream is split', () => {
  const first = encodeFrame(TEXT, 'one, ')
  first[0] = TEXT
  const stream = Buffer.concat([
    ...[encodeFrame(TEXT, 'grüße'), encodeFrame(BINARY, Buffer.alloc(70_000)), encodeFrame(TEXT, 'y'.repeat(300))],
    ...[first, encodeFrame(PING, 'between'), encodeFrame(CONTINUATION, 'two'), encodeFrame(PONG, '')],
    ...[encodeFrame(TEXT, ''), encodeClose(1001, 'bye'), encodeFrame(TEXT, 'never')],
  ])
  const wanted = [
    'grüße',
    70_000,
    'y'.repeat(300),
    ['ping', 'between'],
    'one, two',
    ['pong', ''],
    '',
    ['close', 1001, 'bye'],
  ]
  for (const size of [1, 2, 3, 7, 1_000, stream.length]) {
    const sink = recorder()
    const reader = new ServerFrameReader(sink, 1e6)
    for (const chunk of chunksOf(stream, size)) reader.read(chunk)
    assert.deepEqual(sink.seen, wanted, `${size}`)
  }
})

for (const [what, bytes] of [
  ['a mask', [0x81, 0x81, 0, 0, 0, 0, 65]],
  ['a reserved bit', [0xc1, 0]],
  ['a reserved opcode', [0x83, 0]],
  ['a long ping', [0x89, 126, 0, 126]],
  ['a fragmented ping', [0x09, 0]],
  ['nothing to continue', [0x80, 0]],
  ['a message in a message', [0x01, 0, 0x81, 0]],
  ['too long', [0x82, 127, 0, 0, 1, 0, 0, 0, 0, 0]],
  ['a close code that may not be sent', [0x88, 2, 3, 237]],
] as const) {
  test(`a server that breaks the protocol is found: ${what}`, () => {
    const sink = recorder()
    const reader = new ServerFrameReader(sink, 1_000)
    reader.read(Buffer.from(bytes))
    reader.read(encodeFrame(TEXT, 'after'))
    assert.equal(sink.seen.length, 1)
    assert.equal((sink.seen[0] as string[])[0], 'violation')
  })
}

const REQUEST = {
  host: 'example.com:81',
  path: '/a?b',
  key: 'dGhlIHNhbXBsZSBub25jZQ==',
  protocols: ['v2', 'v1'],
  headers: [],
}

test('a request is what the server side wants', () => {
  const head = requestHead({
    ...REQUEST,
    headers: [
      ['Origin', 'https://example.com'],
      ['host', 'other'],
    ],
  })
  assert.match(head, /^GET \/a\?b HTTP\/1\.1\r\n[\s\S]*\r\n\r\n$/)
  assert.match(head, /Origin: https:\/\/example\.com\r\n/)
  assert.doesNotMatch(head, /Host: example/, 'a header that is given replaces ours')
  const lines = requestHead(REQUEST).trim().split('\r\n').slice(1)
  const headers = Object.fromEntries(lines.map((line) => [line.split(': ')[0]?.toLowerCase(), line.split(': ')[1]]))
  const offer = checkHandshake('GET', '1.1', headers)
  assert.deepEqual('status' in offer ? offer : [offer.key, offer.protocols], [REQUEST.key, ['v2', 'v1']])
  assert.throws(() => requestHead({ ...REQUEST, headers: [['X', 'a\r\nb']] }), { code: 'HF_HEADER_INVALID' })
})

test('an answer is judged', () => {
  const good = responseHead(acceptKey(REQUEST.key), 'v1', null, [])
  assert.deepEqual(readAnswer(good, REQUEST), {
    ...{ status: 101, statusText: 'Switching Protocols', protocol: 'v1', fault: null },
  })
  const fault = (from: string | RegExp, to: string) => readAnswer(good.replace(from, to), REQUEST)?.fault
  assert.match(fault('v1', 'v3') ?? '', /was not offered/)
  assert.match(fault(/Accept: .*/, 'Accept: x') ?? '', /does not belong to our key/)
  assert.match(fault('Upgrade: websocket', 'Upgrade: h2c') ?? '', /Upgrade is "h2c"/)
  assert.match(fault('Connection: Upgrade', 'Connection: close') ?? '', /Connection is "close"/)
  assert.match(fault('\r\n\r\n', '\r\nSec-WebSocket-Extensions: x\r\n\r\n') ?? '', /uses "x"/)
  const refused = readAnswer('HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1', REQUEST)
  assert.deepEqual([refused?.status, refused?.statusText, refused?.fault], [503, 'Service Unavailable', null])
  assert.equal(readAnswer('SSH-2.0-OpenSSH', REQUEST), null)
})
