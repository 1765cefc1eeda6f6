/**
 * Masking of RFC 6455 section 5.3: every byte XORed with the key byte of its place. Pure but for the scratch of `xor-wasm.ts`;
 * nothing to end; it keeps neither source nor target.
 *
 * Three ways, chosen by size, all of which also say whether the outcome is pure ASCII, which spares text its UTF-8 check.
 * How many times as fast as the byte loop (`bench/unmask.ts`, Node 20 / Node 26):
 *
 *   bytes                        64          128         512         4,096     65,536
 *   32-bit words, in place       0.9 / 1.2   1.6 / 1.9   4.3 / 3.5    6 /  5    6 /  5
 *   wasm SIMD, in place          0.5 / 0.8   0.7 / 1.4   3.9 / 4.5   13 / 11   16 / 14
 *   32-bit words, copying        0.5 / 0.8   0.9 / 1.3   2.3 / 3.3    4 /  4    5 /  5
 *   wasm SIMD, copying           0.4 / 0.8   0.9 / 1.4   3.0 / 5.5   10 / 11   14 / 13
 */
import { XOR_BLOCK_BYTES, XOR_WASM } from './xor-wasm.ts'

/** From here on words beat bytes in place: below, making the typed array costs more than the loop. */
const WORDS_FROM_BYTES = 80
/** From here on WebAssembly beats words in place. */
const WASM_FROM_BYTES = 512
/** From here on WebAssembly beats bytes into another buffer. */
const COPYING_FROM_BYTES = 128

/**
 * XORs `length` bytes of `source` into `target`. In place when both and both starts are the same; otherwise they must not overlap.
 * @param mask the four key bytes as they were sent, read big-endian (signed or unsigned)
 * @param phase 0-3: which key byte meets the first byte
 * @returns 0 when every byte written is below 0x80 (ASCII), anything else when not
 */
export function unmaskInto(
  source: Uint8Array,
  sourceStart: number,
  target: Uint8Array,
  targetStart: number,
  length: number,
  mask: number,
  phase: number,
): number {
  const key = phase === 0 ? mask : (mask << (8 * phase)) | (mask >>> (32 - 8 * phase))
  const inPlace = source === target
  if (length < (inPlace ? WORDS_FROM_BYTES : COPYING_FROM_BYTES)) {
    return xorBytes(source, sourceStart, target, targetStart, length, key)
  }
  if (XOR_WASM !== null && (!inPlace || length >= WASM_FROM_BYTES)) {
    return xorWasm(source, sourceStart, target, targetStart, length, key)
  }
  if (!inPlace) target.set(view(source, sourceStart, length), targetStart)
  return xorWords(target, targetStart, length, key)
}

// A plain Uint8Array: a Buffer's own subarray() costs the same again.
function view(bytes: Uint8Array, start: number, length: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, length)
}

/** The byte loop, unrolled by four. Exported for the bench and the tests. */
export function xorBytes(
  source: Uint8Array,
  sourceStart: number,
  target: Uint8Array,
  targetStart: number,
  length: number,
  key: number,
): number {
  const key0 = key >>> 24
  const key1 = (key >>> 16) & 0xff
  const key2 = (key >>> 8) & 0xff
  const key3 = key & 0xff
  const fours = length & ~3
  let seen = 0
  let at = 0
  // In bounds by the caller's word; `as number` because a checked read would cost the loop.
  for (; at < fours; at += 4) {
    const byte0 = (source[sourceStart + at] as number) ^ key0
    const byte1 = (source[sourceStart + at + 1] as number) ^ key1
    const byte2 = (source[sourceStart + at + 2] as number) ^ key2
    const byte3 = (source[sourceStart + at + 3] as number) ^ key3
    target[targetStart + at] = byte0
    target[targetStart + at + 1] = byte1
    target[targetStart + at + 2] = byte2
    target[targetStart + at + 3] = byte3
    seen |= byte0 | byte1 | byte2 | byte3
  }
  for (let shift = 24; at < length; at += 1, shift -= 8) {
    const byte = (source[sourceStart + at] as number) ^ ((key >>> shift) & 0xff)
    target[targetStart + at] = byte
    seen |= byte
  }
  return seen & 0x80
}

const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1

/** The key as a 32-bit word lies in this machine's memory. */
function inMemory(key: number): number {
  if (!LITTLE_ENDIAN) return key
  return (key << 24) | ((key & 0xff00) << 8) | ((key >>> 8) & 0xff00) | (key >>> 24)
}

/** In place, a 32-bit word at a time, with the key turned to the first aligned word. Exported for the bench and the tests. */
export function xorWords(target: Uint8Array, start: number, length: number, key: number): number {
  const head = -(target.byteOffset + start) & 3
  let seen = xorBytes(target, start, target, start, head, key)
  const turned = head === 0 ? key : (key << (8 * head)) | (key >>> (32 - 8 * head))
  const wordKey = inMemory(turned)
  const count = (length - head) >> 2
  const words = new Int32Array(target.buffer, target.byteOffset + start + head, count)
  const fours = count & ~3
  let high = 0
  let at = 0
  for (; at < fours; at += 4) {
    const word0 = (words[at] as number) ^ wordKey
    const word1 = (words[at + 1] as number) ^ wordKey
    const word2 = (words[at + 2] as number) ^ wordKey
    const word3 = (words[at + 3] as number) ^ wordKey
    words[at] = word0
    words[at + 1] = word1
    words[at + 2] = word2
    words[at + 3] = word3
    high |= word0 | word1 | word2 | word3
  }
  for (; at < count; at += 1) {
    const word = (words[at] as number) ^ wordKey
    words[at] = word
    high |= word
  }
  const done = head + count * 4
  seen |= xorBytes(target, start + done, target, start + done, length - done, turned)
  return seen | (high & 0x80808080)
}

/** Through the page of `xor-wasm.ts`, block by block. Exported for the bench and the tests. */
export function xorWasm(
  source: Uint8Array,
  sourceStart: number,
  target: Uint8Array,
  targetStart: number,
  length: number,
  key: number,
): number {
  if (XOR_WASM === null) return xorBytes(source, sourceStart, target, targetStart, length, key)
  const { scratch, xor } = XOR_WASM
  const wordKey = inMemory(key)
  const whole = length & ~15
  let seen = 0
  for (let done = 0; done < whole; done += XOR_BLOCK_BYTES) {
    const block = Math.min(XOR_BLOCK_BYTES, whole - done)
    scratch.set(view(source, sourceStart + done, block))
    seen |= xor(block & ~63, block, wordKey)
    target.set(block === XOR_BLOCK_BYTES ? scratch : view(scratch, 0, block), targetStart + done)
  }
  return seen | xorBytes(source, sourceStart + whole, target, targetStart + whole, length - whole, key)
}
