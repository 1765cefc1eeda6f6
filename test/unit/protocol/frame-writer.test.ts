import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeClose, encodeFrame, frameHeaderBytes, writeFrameHeader } from '../../../src/protocol/frame-writer.ts'
import { BINARY, CLOSE, PING, TEXT } from '../../../src/protocol/opcodes.ts'
import { clientFrame } from '../../support/wire.ts'

const SIZES = [0, 1, 23, 24, 25, 26, 124, 125, 126, 127, 4095, 4096, 65_535, 65_536, 65_537, 1_000_000]

/** The same frame by the test's own builder, which is not masked when the mask is null. */
function wanted(opcode: number, payload: Uint8Array | string, rsv = 0): Buffer {
  return clientFrame({ opcode, payload, rsv, mask: null })
}

test('text and binary of every length form', () => {
  for (const size of SIZES) {
    for (const unit of ['a', 'é', '€', '😀', 'abé']) {
      const text = unit.repeat(Math.ceil(size / unit.length)).slice(0, size)
      assert.ok(encodeFrame(TEXT, text).equals(wanted(TEXT, text)), `${size} × ${unit}`)
    }
    const binary = Buffer.alloc(size, 0xa7)
    assert.ok(encodeFrame(BINARY, binary).equals(wanted(BINARY, binary)), `${size} bytes`)
    assert.ok(encodeFrame(BINARY, new Uint8Array(binary), true).equals(wanted(BINARY, binary, 4)), `${size}, RSV1`)
    const whole = encodeFrame(BINARY, binary)
    assert.equal(frameHeaderBytes(size), whole.length - size)
    const header = Buffer.alloc(14, 0x55)
    assert.equal(writeFrameHeader(header, 3, BINARY, size, false), 3 + frameHeaderBytes(size))
    assert.ok(header.subarray(3, 3 + frameHeaderBytes(size)).equals(whole.subarray(0, frameHeaderBytes(size))))
    assert.ok(header.subarray(3 + frameHeaderBytes(size)).every((byte) => byte === 0x55))
  }
})

test('a character that is not ASCII is found wherever it stands in a short text', () => {
  for (let length = 1; length <= 40; length += 1) {
    for (let at = 0; at < length; at += 1) {
      const text = `${'x'.repeat(at)}ÿ${'x'.repeat(length - at - 1)}`
      assert.ok(encodeFrame(TEXT, text).equals(wanted(TEXT, text)), text)
      assert.ok(encodeFrame(TEXT, text, true).equals(wanted(TEXT, text, 4)), text)
    }
  }
})

test('lone surrogates become U+FFFD, so that what is sent is always UTF-8', () => {
  const long = 'x'.repeat(200)
  for (const [text, sent] of [
    ['\ud800', '\ufffd'],
    ['a\udc00b', 'a\ufffdb'],
    [`${long}\ud83d`, `${long}\ufffd`],
  ] as const) {
    assert.ok(encodeFrame(TEXT, text).equals(wanted(TEXT, sent)), JSON.stringify(text))
  }
})

test('lengths beyond 32 bits are written whole', () => {
  const header = Buffer.alloc(10)
  writeFrameHeader(header, 0, BINARY, 2 ** 40 + 2 ** 32 + 77, true)
  assert.equal(header.toString('hex'), 'c27f000001010000004d')
})

test('the payload is copied: changing it afterwards changes nothing', () => {
  const payload = Buffer.from('before')
  const frame = encodeFrame(PING, payload)
  payload.fill(0)
  assert.equal(frame.subarray(2).toString(), 'before')
})

test('close frames', () => {
  const close = (code: number, reason: string): Buffer =>
    wanted(CLOSE, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]))
  for (const [code, reason] of [
    [1000, ''],
    [1001, 'going'],
    [4999, 'größe'],
    [1011, 'x'.repeat(123)],
  ] as const) {
    assert.ok(encodeClose(code, reason).equals(close(code, reason)), `${code} ${reason}`)
  }
  for (const code of [1005, 1006, 1015, 0, 70_000]) assert.ok(encodeClose(code, 'x').equals(wanted(CLOSE, '')))
  assert.ok(encodeClose(1000, 'x'.repeat(124)).equals(close(1000, 'x'.repeat(123))))
  assert.ok(encodeClose(1000, 'é'.repeat(90)).equals(close(1000, 'é'.repeat(61))), 'cut behind a whole character')
})
