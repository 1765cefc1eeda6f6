import assert from 'node:assert/strict'
import { test } from 'node:test'
import { printable, printableJson, printableLine, printableText } from '../../../src/base/printable.ts'

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

test('names of properties are texts as well, and a text of several lines can be told in one', () => {
  assert.deepEqual(printable({ 'a\x1b': { '\u202e': 1 } }), { 'a\\x1b': { '\\u202e': 1 } })
  assert.equal(printableLine('one\r\n  two \n\n three\x1b'), 'one two three\\x1b')
})

test('as JSON it is the same value when it is read again', () => {
  const value = { 'a\x1b\u009b': ['\x7f', '\u202e', '\u2028', 'one\ntwo', 'ünïcode 🎈 "quoted" \\u001b'] }
  const text = printableJson(value)
  assert.deepEqual(JSON.parse(text), value)
  assert.doesNotMatch(text, /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u)
  assert.match(JSON.stringify(value), /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u, 'the control')
})

test('control: everything else stays as it is', () => {
  const text = 'Map "clients" (src/chat.ts:12) → entry — ünïcode 🎈 👩‍🚀 שלום C:\\new\\x1b'
  assert.equal(printableText(text), text)
})
