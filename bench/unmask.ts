/**
 * Which way of unmasking is best at which size? `node --import=./scripts/ts.js bench/unmask.ts`
 * Prints nanoseconds (best of nine) and how many times as fast as the byte loop, in place and into another buffer.
 */
import { unmaskInto, xorBytes, xorWasm, xorWords } from '../src/protocol/mask.ts'

type Way = (source: Buffer, from: number, target: Buffer, to: number, length: number) => number

const KEY = 0x9f3cc35a | 0
const WAYS: Record<string, Way> = {
  bytes: (source, from, target, to, length) => xorBytes(source, from, target, to, length, KEY),
  words: (source, from, target, to, length) => {
    if (source !== target) target.set(new Uint8Array(source.buffer, source.byteOffset + from, length), to)
    return xorWords(target, to, length, KEY)
  },
  wasm: (source, from, target, to, length) => xorWasm(source, from, target, to, length, KEY),
  chosen: (source, from, target, to, length) => unmaskInto(source, from, target, to, length, KEY, 0),
}
const SIZES = [8, 16, 32, 64, 80, 96, 128, 256, 512, 1024, 4096, 16_384, 65_536, 1_048_576]

let sum = 0
function nanoseconds(way: Way, source: Buffer, from: number, target: Buffer, to: number, length: number): number {
  const rounds = Math.max(50, Math.min(100_000, Math.trunc(2e7 / length)))
  let best = Number.POSITIVE_INFINITY
  for (let run = 0; run < 9; run += 1) {
    const started = process.hrtime.bigint()
    for (let round = 0; round < rounds; round += 1) sum += way(source, from, target, to, length)
    best = Math.min(best, Number(process.hrtime.bigint() - started) / rounds)
  }
  return best
}

console.log(`Node ${process.version}`)
for (const inPlace of [true, false]) {
  const table: Record<string, Record<string, string>> = {}
  for (const length of SIZES) {
    // As it comes from the socket: the payload begins 6, 8 or 14 bytes behind the start of the chunk.
    const from = length <= 125 ? 6 : length <= 65_535 ? 8 : 14
    const source = Buffer.allocUnsafeSlow(length + from).fill('abcdefgh')
    const target = inPlace ? source : Buffer.allocUnsafeSlow(length)
    const row: Record<string, string> = {}
    let bytes = 0
    for (const [name, way] of Object.entries(WAYS)) {
      const took = nanoseconds(way, source, from, target, inPlace ? from : 0, length)
      if (name === 'bytes') bytes = took
      row[name] = `${took.toFixed(0)} ns, ${(bytes / took).toFixed(1)} x`
    }
    table[length.toLocaleString('en')] = row
  }
  console.log(inPlace ? 'in place' : 'into another buffer')
  console.table(table)
}
process.exitCode = Number.isNaN(sum) ? 1 : 0
