import assert from 'node:assert/strict'
import { test } from 'node:test'
import zlib from 'node:zlib'
import {
  type DeflateOptions,
  type DeflateParams,
  Deflater,
  deflateShared,
  Inflater,
} from '../../../src/protocol/deflate.ts'
import type { Violation } from '../../../src/protocol/violation.ts'

const MIB = 1_048_576
const OPTIONS: DeflateOptions = {
  level: 6,
  memLevel: 8,
  thresholdBytes: 0,
  serverContextTakeover: true,
  clientContextTakeover: true,
  serverWindowBitsMax: 15,
  clientWindowBitsMax: 15,
}
const params = (bits: number, noTakeover: boolean): DeflateParams => ({
  serverNoContextTakeover: noTakeover,
  clientNoContextTakeover: noTakeover,
  serverWindowBits: bits,
  clientWindowBits: bits,
})
const WINDOWED = params(15, false)
const FRESH = params(15, true)
const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff])
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

function inflated(result: Buffer | Violation): Buffer {
  if (!Buffer.isBuffer(result)) assert.fail(`${result.code} ${result.reason}`)
  return result
}

function violated(result: Buffer | Violation, code: number): void {
  if (Buffer.isBuffer(result)) assert.fail(`inflated to ${result.length} bytes`)
  assert.equal(result.code, code, result.reason)
  assert.ok(Buffer.byteLength(result.reason) <= 123)
}

/** The same numbers in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** A message of words, some of them from far back, so that windows of every size matter. */
function words(next: (below: number) => number, bytes: number): Buffer {
  const parts: string[] = []
  for (let length = 0; length < bytes; ) {
    const word = next(3) === 0 ? next(2 ** 30).toString(36) : `word-${next(40)} `
    parts.push(word)
    length += word.length
  }
  return Buffer.from(parts.join('')).subarray(0, bytes)
}

function messages(seed: number): Buffer[] {
  const next = numbers(seed)
  const far = words(next, 20_000)
  const noise = Buffer.from(Array.from({ length: 3_000 }, () => next(256)))
  return [
    words(next, 300),
    far,
    Buffer.alloc(0),
    words(next, 5),
    noise,
    far,
    words(next, 70_000),
    Buffer.alloc(5_000),
    noise,
  ]
}

/** A peer with one streaming zlib object per direction, as ws or a browser has. */
class Peer {
  readonly #bits: number
  readonly #takeover: boolean
  #deflate: zlib.DeflateRaw
  #inflate: zlib.InflateRaw

  constructor(bits: number, takeover: boolean) {
    this.#bits = bits
    this.#takeover = takeover
    this.#deflate = zlib.createDeflateRaw({ windowBits: bits })
    this.#inflate = zlib.createInflateRaw({ windowBits: bits, chunkSize: 64 })
  }

  async compress(message: Buffer): Promise<Buffer> {
    if (!this.#takeover) this.#deflate = zlib.createDeflateRaw({ windowBits: this.#bits })
    const compressed = await through(this.#deflate, message)
    // A stream that has nothing to flush writes nothing, and peers that do not look send that.
    if (compressed.length === 0) return this.#takeover ? compressed : Buffer.from([0x00])
    assert.deepEqual(compressed.subarray(-4), TAIL)
    return compressed.subarray(0, -4)
  }

  async take(compressed: Buffer): Promise<Buffer> {
    // A small chunk keeps zlib from looking further back than its window by way of its output.
    if (!this.#takeover) this.#inflate = zlib.createInflateRaw({ windowBits: this.#bits, chunkSize: 64 })
    return through(this.#inflate, Buffer.concat([compressed, TAIL]))
  }
}

function through(stream: zlib.DeflateRaw | zlib.InflateRaw, input: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    const streamOnData = (data: Buffer): void => void parts.push(data)
    stream.on('data', streamOnData)
    stream.once('error', reject)
    stream.write(input)
    stream.flush(zlib.constants.Z_SYNC_FLUSH, () => {
      stream.off('data', streamOnData)
      stream.off('error', reject)
      resolve(Buffer.concat(parts))
    })
  })
}

for (let bits = 8; bits <= 15; bits += 1) {
  for (const takeover of [false, true]) {
    test(`window bits ${bits}, ${takeover ? 'with' : 'no'} context takeover: both directions against streaming zlib`, async () => {
      const agreed = params(bits, !takeover)
      const peer = new Peer(bits, takeover)
      const inflater = new Inflater(agreed, MIB)
      const deflater = new Deflater(agreed, OPTIONS)
      for (const [index, message] of messages(bits).entries()) {
        const incoming = await peer.compress(message)
        assert.ok(inflated(inflater.inflate(incoming)).equals(message), `to us, message ${index}`)
        const outgoing = deflater.deflate(message)
        assert.ok((await peer.take(outgoing)).equals(message), `from us, message ${index}`)
      }
      assert.equal(inflater.history.length, takeover ? 2 ** bits : 0)
      assert.ok(inflater.history.equals(deflater.history))
    })
  }
}

test('levels and memory levels: all of them inflate', async () => {
  const message = words(numbers(3), 10_000)
  for (let level = 0; level <= 9; level += 1) {
    for (const memLevel of [1, 5, 9]) {
      for (const bits of [8, 9, 12, 15]) {
        const compressed = deflateShared(message, bits, { ...OPTIONS, level, memLevel })
        assert.ok((await new Peer(bits, false).take(compressed)).equals(message), `${level} ${memLevel} ${bits}`)
      }
    }
  }
})

test('every payload length around chunk and window sizes comes back, compressible or not', () => {
  const next = numbers(11)
  const noise = Buffer.from(Array.from({ length: 40_000 }, () => next(256)))
  const inflater = new Inflater(FRESH, MIB)
  const sizes = [...Array(700).keys()]
  for (const around of [1024, 2048, 4096, 8192, 16_384, 32_768])
    for (let d = -70; d <= 6; d += 1) sizes.push(around + d)
  for (const size of sizes) {
    for (const message of [noise.subarray(0, size), Buffer.alloc(size, 'ab')]) {
      const compressed = deflateShared(message, 15, { ...OPTIONS, level: 1 })
      assert.ok(inflated(inflater.inflate(compressed)).equals(message), `${size}`)
    }
  }
})

test('a distance in what we compress for 8 window bits never exceeds 256', () => {
  // What is repeated after 251 to 600 bytes would be found by a window of 512. 250 is as far as zlib reaches with it.
  const next = numbers(5)
  let reached = 0
  for (let period = 200; period <= 600; period += 1) {
    const unit = Buffer.from(Array.from({ length: period }, () => next(256)))
    const compressed = deflateShared(Buffer.concat([unit, unit, unit]), 8, { ...OPTIONS, level: 9 })
    const isRepeatFound = compressed.length < period * 2
    if (isRepeatFound) reached = period
    assert.ok(period <= 256 || !isRepeatFound, `repeated after ${period}`)
  }
  assert.ok(reached >= 240, `reached ${reached}`)
})

test('history moves to a new inflater and deflater in the middle of a conversation', async () => {
  const peer = new Peer(12, true)
  const agreed = params(12, false)
  let inflater = new Inflater(agreed, MIB)
  let deflater = new Deflater(agreed, OPTIONS)
  for (const message of messages(7)) {
    assert.ok(inflated(inflater.inflate(await peer.compress(message))).equals(message))
    assert.ok((await peer.take(deflater.deflate(message))).equals(message))
    inflater = new Inflater(agreed, MIB, Buffer.from(inflater.history))
    deflater = new Deflater(agreed, OPTIONS, Buffer.from(deflater.history))
  }
})

test('the examples of RFC 7692 section 7.2.3', () => {
  const hello = Buffer.from('Hello')
  const fresh = new Inflater(FRESH, MIB)
  // 7.2.3.1: one block, and the same in two fragments, which the reader joins.
  assert.deepEqual(fresh.inflate(hex('f2 48 cd c9 c9 07 00')), hello)
  assert.deepEqual(new Deflater(FRESH, OPTIONS).deflate(hello), hex('f2 48 cd c9 c9 07 00'))
  // 7.2.3.2: sharing the window.
  const windowed = new Inflater(WINDOWED, MIB)
  assert.deepEqual(windowed.inflate(hex('f2 48 cd c9 c9 07 00')), hello)
  assert.deepEqual(windowed.inflate(hex('f2 00 11 00 00')), hello)
  const deflater = new Deflater(WINDOWED, OPTIONS)
  assert.deepEqual(deflater.deflate(hello), hex('f2 48 cd c9 c9 07 00'))
  assert.deepEqual(deflater.deflate(hello), hex('f2 00 11 00 00'))
  violated(fresh.inflate(hex('f2 00 11 00 00')), 1007)
  // 7.2.3.3: a block without compression.
  assert.deepEqual(fresh.inflate(hex('00 05 00 fa ff 48 65 6c 6c 6f 00')), hello)
  // 7.2.3.4: a block with BFINAL.
  assert.deepEqual(fresh.inflate(hex('f3 48 cd c9 c9 07 00 00')), hello)
  // 7.2.3.5: two blocks.
  assert.deepEqual(fresh.inflate(hex('f2 48 05 00 00 00 ff ff ca c9 c9 07 00')), hello)
  // 7.2.3.6: an empty message.
  assert.deepEqual(fresh.inflate(hex('00')), Buffer.alloc(0))
  assert.deepEqual(deflateShared(Buffer.alloc(0), 15, OPTIONS), hex('00'))
  assert.deepEqual(deflater.deflate(Buffer.alloc(0)), hex('00'))
  // Nothing at all: what zlib flushes for an empty message behind another, and what peers then send.
  assert.deepEqual(fresh.inflate(Buffer.alloc(0)), Buffer.alloc(0))
})

test('final blocks within a message: the rest follows, and reaches back across them', () => {
  const text = words(numbers(9), 3_000)
  const more = Buffer.concat([text.subarray(500, 2_500), words(numbers(10), 800)])
  const final = zlib.deflateRawSync(text)
  const across = zlib.deflateRawSync(more, { dictionary: text })
  const third = words(numbers(12), 900)
  const acrossTwo = zlib.deflateRawSync(third, { dictionary: Buffer.concat([text, third]) })
  const open = deflateShared(text, 15, OPTIONS)
  const cases: [string, Buffer[], Buffer[]][] = [
    ['with the 0x00 behind', [final, hex('00')], [text]],
    ['without it', [final], [text]],
    ['two final', [final, across], [text, more]],
    [
      'three final, the last reaching into the one before',
      [final, zlib.deflateRawSync(third), acrossTwo],
      [text, third, third],
    ],
    ['final, then open', [final, open], [text, text]],
    ['open, then final', [open, TAIL, final, hex('00')], [text, text]],
    ['empty final ones', [hex('03 00 03 00 03 00'), final, hex('03 00 00')], [text]],
  ]
  for (const [name, compressed, plain] of cases) {
    for (const agreed of [FRESH, WINDOWED]) {
      const inflater = new Inflater(agreed, MIB)
      const joined = Buffer.concat(plain)
      assert.ok(inflated(inflater.inflate(Buffer.concat(compressed))).equals(joined), name)
      if (agreed === WINDOWED) assert.ok(inflater.history.equals(joined.subarray(-32_768)), name)
    }
  }
})

test('final blocks do not lift the limits', () => {
  const part = zlib.deflateRawSync(Buffer.alloc(1_000))
  const limited = new Inflater(FRESH, 10_000)
  assert.equal(inflated(limited.inflate(Buffer.concat(Array<Buffer>(10).fill(part)))).length, 10_000)
  violated(limited.inflate(Buffer.concat(Array<Buffer>(11).fill(part))), 1009)
  violated(
    limited.inflate(Buffer.concat([...Array<Buffer>(10).fill(part), zlib.deflateRawSync(Buffer.alloc(1))])),
    1009,
  )
  assert.equal(inflated(limited.inflate(hex('03 00'.repeat(1_024)))).length, 0)
  violated(limited.inflate(hex('03 00'.repeat(1_026))), 1008)
  violated(limited.inflate(hex('03 00'.repeat(500_000))), 1008)
})

test('a bomb is refused while it inflates, and a message of exactly the limit is not', () => {
  const bomb = deflateShared(Buffer.alloc(10 * MIB), 15, { ...OPTIONS, level: 9 })
  assert.ok(bomb.length < 11_000)
  const before = process.memoryUsage().arrayBuffers
  violated(new Inflater(FRESH, MIB).inflate(bomb), 1009)
  violated(new Inflater(WINDOWED, MIB).inflate(bomb), 1009)
  assert.ok(process.memoryUsage().arrayBuffers - before < 5 * MIB)
  for (const limit of [1, 2, 63, 64, 65, 16_383, 16_384, 16_385, MIB]) {
    const inflater = new Inflater(FRESH, limit)
    assert.equal(inflated(inflater.inflate(deflateShared(Buffer.alloc(limit), 15, OPTIONS))).length, limit)
    violated(inflater.inflate(deflateShared(Buffer.alloc(limit + 1), 15, OPTIONS)), 1009)
    assert.equal(inflated(inflater.inflate(hex('00'))).length, 0)
  }
})

test('garbage and far distances are 1007', () => {
  const fresh = new Inflater(FRESH, MIB)
  violated(fresh.inflate(hex('ff ff ff ff')), 1007)
  violated(fresh.inflate(hex('07')), 1007)
  violated(fresh.inflate(Buffer.from('this is not compressed at all')), 1007)
  violated(fresh.inflate(hex('00 05 00 fa fe 48 65 6c 6c 6f 00')), 1007)
  // Behind a final block, too.
  violated(fresh.inflate(hex('f3 48 cd c9 c9 07 00 ff ff')), 1007)
  const message = words(numbers(2), 2_000)
  const needy = zlib.deflateRawSync(message, { dictionary: message, finishFlush: zlib.constants.Z_SYNC_FLUSH })
  violated(fresh.inflate(needy.subarray(0, -4)), 1007)
})

test('noise never throws: it inflates or is a violation', () => {
  const next = numbers(77)
  const valid = deflateShared(words(next, 900), 15, OPTIONS)
  const inflater = new Inflater(WINDOWED, 100_000)
  const codes = new Set<number>()
  for (let round = 0; round < 5_000; round += 1) {
    const data = round % 2 ? Buffer.from(valid) : Buffer.from(Array.from({ length: next(60) }, () => next(256)))
    if (round % 2) data[next(data.length)] = next(256)
    const result = inflater.inflate(data)
    if ('code' in result) codes.add(result.code)
    else assert.ok(result.length <= 100_000)
  }
  assert.ok(codes.has(1007))
  for (const code of codes) assert.ok(code === 1007 || code === 1009, `${code}`)
})

test('a message cut off anywhere within a block is 1007, never short', () => {
  const fresh = new Inflater(FRESH, MIB)
  for (const whole of [hex('f2 48 cd c9 c9 07 00'), hex('00 05 00 fa ff 48 65 6c 6c 6f 00')]) {
    for (let cut = 1; cut < whole.length; cut += 1) {
      // 0x00 alone is an empty message; a stored block that lacks 4 bytes gets them from the tail of section 7.2.2.
      if (whole[0] === 0 && (cut === 1 || cut === 6)) continue
      violated(fresh.inflate(whole.subarray(0, cut)), 1007)
    }
  }
  const message = words(numbers(4), 4_000)
  const compressed = deflateShared(message, 15, OPTIONS)
  for (let cut = 1; cut < compressed.length - 1; cut += 1) {
    const result = fresh.inflate(compressed.subarray(0, cut))
    assert.ok('code' in result && result.code === 1007, `cut at ${cut} of ${compressed.length}`)
  }
})

test('what is kept of a message pins no more than 8 KiB beside itself', () => {
  const inflater = new Inflater(WINDOWED, MIB)
  const deflater = new Deflater(WINDOWED, OPTIONS)
  for (const size of [1, 10, 100, 1_000, 3_000, 5_000, 9_000, 15_000, 20_000, 100_000, 1_000_000]) {
    for (const message of [Buffer.alloc(size), words(numbers(size), size)]) {
      const compressed = deflater.deflate(message)
      const result = inflated(inflater.inflate(compressed))
      assert.ok(compressed.buffer.byteLength - compressed.length <= 8_192, `compressed ${size}`)
      assert.ok(result.buffer.byteLength - result.length <= 8_192, `inflated ${size}`)
    }
  }
})

test('neither direction keeps or changes the payload it is given', () => {
  const payload = new Uint8Array(words(numbers(6), 1_000))
  const before = Buffer.from(payload)
  const deflater = new Deflater(WINDOWED, OPTIONS)
  const first = deflater.deflate(payload)
  assert.ok(before.equals(payload))
  payload.fill(0)
  assert.ok(deflater.history.equals(before))
  const inflater = new Inflater(WINDOWED, MIB)
  const compressed = Buffer.from(first)
  inflated(inflater.inflate(compressed)).fill(0)
  assert.ok(compressed.equals(first))
  assert.ok(inflater.history.equals(before))
})
