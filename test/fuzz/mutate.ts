/**
 * Breaks bytes the way the world does: flipped bits, bytes lost, doubled, inserted, cut off, lengths that lie.
 * Pure but for the Random; nothing to end. Never changes what it is given.
 */
import type { Random } from './random.ts'

/** Bytes that mean something in a frame header, a close payload or UTF-8. */
const TELLING = [0x00, 0x01, 0x7d, 0x7e, 0x7f, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8a, 0xc1, 0xed, 0xf4, 0xfe, 0xff]

export function mutate(random: Random, bytes: Buffer): Buffer {
  let mutated = bytes
  for (let times = random.int(1, 4); times > 0; times -= 1) mutated = once(random, mutated)
  return mutated
}

function once(random: Random, bytes: Buffer): Buffer {
  // Half of the damage goes into the first bytes, where the headers of short messages are.
  const at = random.int(0, random.chance(0.5) ? Math.min(bytes.length, 40) : bytes.length)
  const length = random.chance(0.7) ? random.int(1, 4) : random.int(1, 200)
  const before = bytes.subarray(0, at)
  switch (random.int(0, 6)) {
    case 0:
      return Buffer.concat([before, random.bytes(length), bytes.subarray(at)])
    case 1:
      return Buffer.concat([before, bytes.subarray(at + length)])
    case 2:
      return Buffer.concat([before, bytes.subarray(at, at + length), bytes.subarray(at)])
    case 3:
      return Buffer.from(before)
    case 4:
      return Buffer.concat([before, Buffer.from([random.pick(TELLING)]), bytes.subarray(at + 1)])
    default: {
      const copy = Buffer.from(bytes)
      if (at < copy.length) copy[at] = (copy[at] as number) ^ (1 << random.int(0, 7))
      return copy
    }
  }
}

/** The same for text: header values and request heads. */
export function mutateText(random: Random, text: string): string {
  return mutate(random, Buffer.from(text, 'latin1')).toString('latin1')
}
