import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unmaskInto, xorBytes, xorWasm, xorWords } from '../../../src/protocol/mask.ts'
import { XOR_WASM } from '../../../src/protocol/xor-wasm.ts'

const KEYS = [0, 0x01020304, 0x9f3cc35a, 0xff00ff00, 0x80808080, 0x7fffffff]
const SIZES = [0, 1, 2, 3, 4, 5, 7, 15, 16, 17, 63, 64, 65, 79, 80, 81, 127, 128, 129, 143, 511, 512, 513, 4096, 65_535]
const LARGE = [65_536, 65_537, 65_551, 65_552, 131_072, 200_003]

function sample(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let at = 0; at < length; at += 1) bytes[at] = (at * 31 + (at >> 3)) & 0xff
  return bytes
}

function expected(bytes: Buffer, mask: number, phase: number): Buffer {
  const key = [mask >>> 24, (mask >>> 16) & 0xff, (mask >>> 8) & 0xff, mask & 0xff]
  return Buffer.from(bytes.map((byte, at) => byte ^ key[(at + phase) & 3]!))
}

test('in place and copying, every alignment, phase and key give the bytes of RFC 6455 section 5.3', () => {
  for (const length of [...SIZES, ...LARGE]) {
    const bytes = sample(length)
    const starts = length > 1000 ? [6, 13] : [0, 1, 2, 3, 6, 8, 14]
    for (const mask of length > 1000 ? KEYS.slice(1, 3) : KEYS) {
      for (let phase = 0; phase < 4; phase += 1) {
        const wanted = expected(bytes, mask, phase)
        for (const start of starts) {
          const place = `${length} bytes at ${start}, key ${mask.toString(16)}, phase ${phase}`
          const chunk = Buffer.alloc(start + length + 5, 0x55)
          bytes.copy(chunk, start)
          const target = Buffer.alloc(length + 9, 0x55)
          unmaskInto(chunk, start, target, 3, length, mask, phase)
          assert.ok(target.subarray(3, 3 + length).equals(wanted), `copied: ${place}`)
          assert.ok(
            target.subarray(3 + length).every((byte) => byte === 0x55),
            `beyond the copy: ${place}`,
          )
          assert.ok(chunk.subarray(start, start + length).equals(bytes), `source untouched: ${place}`)
          unmaskInto(chunk, start, chunk, start, length, mask | 0, phase)
          assert.ok(chunk.subarray(start, start + length).equals(wanted), `in place: ${place}`)
          assert.ok(
            chunk.subarray(0, start).every((byte) => byte === 0x55),
            `before: ${place}`,
          )
          assert.ok(
            chunk.subarray(start + length).every((byte) => byte === 0x55),
            `behind: ${place}`,
          )
        }
      }
    }
  }
})

test('it says whether the outcome is ASCII, wherever the one other byte lies', () => {
  const mask = 0x9f3cc35a
  for (const length of [1, 5, 16, 63, 80, 130, 300, 513, 1000, 65_536 + 70]) {
    const places = length > 1000 ? [0, 15, 65_535, 65_536, length - 1] : [...Array(length).keys()]
    const ascii = Buffer.alloc(length, 'holdfast')
    for (const place of [-1, ...places]) {
      const plain = Buffer.from(ascii)
      if (place >= 0) plain[place] = 0x80
      const chunk = Buffer.concat([Buffer.alloc(6, 0xff), expected(plain, mask, 0), Buffer.alloc(9, 0xff)])
      const copying = unmaskInto(chunk, 6, Buffer.alloc(length), 0, length, mask, 0)
      const inPlace = unmaskInto(chunk, 6, chunk, 6, length, mask, 0)
      assert.equal(copying === 0, place === -1, `copying ${length} bytes, 0x80 at ${place}`)
      assert.equal(inPlace === 0, place === -1, `in place ${length} bytes, 0x80 at ${place}`)
    }
  }
})

test('the three ways agree, also at sizes they are not chosen for', () => {
  assert.notEqual(XOR_WASM, null, 'this Node has WebAssembly SIMD')
  for (const length of [0, 1, 15, 16, 17, 47, 48, 64, 80, 96, 1000, 65_536, 65_552, 70_001]) {
    const bytes = sample(length)
    const wanted = expected(bytes, 0x12345678, 0)
    const byBytes = Buffer.alloc(length)
    xorBytes(bytes, 0, byBytes, 0, length, 0x12345678)
    assert.ok(byBytes.equals(wanted), `bytes, ${length}`)
    const byWasm = Buffer.alloc(length)
    xorWasm(bytes, 0, byWasm, 0, length, 0x12345678)
    assert.ok(byWasm.equals(wanted), `wasm, ${length}`)
    if (length < 4) continue
    const byWords = Buffer.from(bytes)
    xorWords(byWords, 0, length, 0x12345678)
    assert.ok(byWords.equals(wanted), `words, ${length}`)
  }
})
