import assert from 'node:assert/strict'
import { test } from 'node:test'
import { printable, printableText } from '../../../src/base/printable.ts'

test('what a terminal or a log obeys is told as what it is, wherever it stands', () => {
  assert.equal(printableText('\x1b]0;owned\x07\x1b[2J\nNOTHING'), '\\x1b]0;owned\\x07\\x1b[2J\\x0aNOTHING')
  const all = [
    ...Array.from({ length: 0x20 }, (_, code) => code),
    ...Array.from({ length: 0x21 }, (_, index) => 0x7f + index),
    ...[0x61c, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069],
  ]
  for (const code of all) {
    const text = printableText(String.fromCharCode(code))
    assert.match(text, /^\\(x[0-9a-f]{2}|u[0-9a-f]{4})$/)
    assert.equal(Number.parseInt(text.slice(2), 16), code)
  }
  assert.deepEqual(printable({ a: ['\x1b', { b: '\u202e' }], c: null, d: 7 }), {
    a: ['\\x1b', { b: '\\u202e' }],
    c: null,
    d: 7,
  })
})

test('control: everything else stays as it is', () => {
  const text = 'Map "clients" (src/chat.ts:12) → entry — ünïcode 🎈 👩‍🚀 שלום C:\\new\\x1b'
  assert.equal(printableText(text), text)
})
