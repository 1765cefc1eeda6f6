import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkUtf8Prefix, textOf } from '../../../src/protocol/utf8.ts'

/** RFC 3629 section 4, as slow and plain as it gets: can more bytes make this valid? */
function isPrefix(bytes: Uint8Array): boolean {
  const tails = [[], [0x80], [0xa0], [0x90], [0x80, 0x80], [0xa0, 0x80], [0x90, 0x80], [0x80, 0x80, 0x80]]
  tails.push([0x90, 0x80, 0x80])
  return tails.some((tail) => {
    const whole = Buffer.from([...bytes, ...tail])
    // What is not UTF-8 comes back as U+FFFD, so only what is comes back the same.
    return Buffer.from(whole.toString()).equals(whole)
  })
}

const SECOND = [0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xe0, 0xf0, 0xff]

test('every first byte with every telling second and third: dead exactly when nothing can follow', () => {
  let dead = 0
  for (let first = 0; first < 256; first += 1) {
    for (const bytes of [[first], ...SECOND.flatMap((b) => [[first, b], ...SECOND.map((c) => [first, b, c])])]) {
      for (const before of ['', 'aé']) {
        const all = Buffer.concat([Buffer.from(before), Buffer.from(bytes)])
        const alive = checkUtf8Prefix(all, 0, all.length) !== -1
        assert.equal(alive, isPrefix(all), `${before} ${Buffer.from(bytes).toString('hex')}`)
        if (!alive) dead += 1
      }
    }
  }
  assert.ok(dead > 10_000)
})

const VALID = ['', 'a', 'é', '€', '😀', 'aé€😀', '\u{10ffff}', '\ud7ff\ue000', '\0', 'κόσμε', '\ufeffx', '\ufffd']

test('valid text passes byte by byte, and the unchecked tail is never longer than three bytes', () => {
  for (const text of VALID) {
    const bytes = Buffer.from(`x${text}${text}`)
    let checked = 0
    for (let end = 1; end <= bytes.length; end += 1) {
      checked = checkUtf8Prefix(bytes, checked, end)
      assert.notEqual(checked, -1, `${text} up to ${end}`)
      assert.ok(end - checked <= 3)
    }
    assert.equal(checked, bytes.length)
    assert.equal(textOf(Buffer.from(`..${text}.`), 2, 2 + Buffer.byteLength(text)), text)
  }
})

// Which byte (counted from 1) makes it hopeless.
const INVALID: readonly (readonly [hex: string, failsAt: number])[] = [
  ['80', 1],
  ['61bf', 2],
  ['c0', 1],
  ['c1bf', 1],
  ['c3c3', 2],
  ['c328', 2],
  ['e080', 2],
  ['e09f', 2],
  ['eda0', 2],
  ['edbf', 2],
  ['e28228', 3],
  ['f080', 2],
  ['f08f', 2],
  ['f490', 2],
  ['f5', 1],
  ['ff', 1],
  ['fe', 1],
  ['f0908028', 4],
  ['cebae1bdb9cf83cebcceb5f4908080', 13],
]

test('invalid text fails at the first byte that makes it hopeless, not before', () => {
  for (const [hex, failsAt] of INVALID) {
    const bytes = Buffer.from(hex, 'hex')
    let checked = 0
    let failed = 0
    for (let end = 1; end <= bytes.length && failed === 0; end += 1) {
      checked = checkUtf8Prefix(bytes, checked, end)
      if (checked === -1) failed = end
    }
    assert.equal(failed, failsAt, hex)
    assert.equal(textOf(bytes, 0, bytes.length), null, hex)
  }
})

test('a whole text that ends inside a character is no text', () => {
  for (const hex of ['c3', 'e282', 'f09f98', '61f0']) {
    assert.equal(textOf(Buffer.from(hex, 'hex'), 0, hex.length / 2), null, hex)
  }
})
