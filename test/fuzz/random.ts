/**
 * Chance with a memory: the same seed gives the same numbers on every machine. Owned by one case of a target; nothing to end.
 * Never reads a clock, and never shares its state: a case that draws more changes no other case.
 */

/** sfc32 of PractRand: small, fast, passes its tests; seeded by a string. */
export class Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: string) {
    // FNV-1a, three times with different beginnings.
    const hash = (start: number): number => {
      let value = start
      for (let at = 0; at < seed.length; at += 1) value = Math.imul(value ^ seed.charCodeAt(at), 0x01000193)
      return value >>> 0
    }
    this.#a = hash(0x811c9dc5)
    this.#b = hash(0x9e3779b9)
    this.#c = hash(0x85ebca6b)
    for (let round = 0; round < 12; round += 1) this.bits()
  }

  /** 32 bits, as an unsigned number. */
  bits(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + (this.bits() % (high - low + 1))
  }

  /** True in `probability` of all calls. */
  chance(probability: number): boolean {
    return this.bits() < probability * 0x1_0000_0000
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.bits() % items.length] as Item
  }

  /** Bytes of one of several textures, so that some of them compress and some do not. */
  bytes(length: number): Buffer {
    const bytes = Buffer.allocUnsafeSlow(length)
    const texture = this.int(0, 3)
    if (texture === 0) return bytes.fill(this.int(0, 255))
    const mask = texture === 1 ? 0x07 : 0xff
    for (let at = 0; at < length; ) {
      const bits = this.bits()
      for (let byte = 0; byte < 4 && at < length; byte += 1, at += 1) bytes[at] = (bits >>> (byte * 8)) & mask
    }
    if (texture === 3 && length > 64) bytes.copyWithin(length >> 1, 0)
    return bytes
  }

  /** Valid text of about `length` bytes of UTF-8, never more: ASCII, or with characters of two, three and four bytes. */
  text(length: number): string {
    const alphabet = this.pick(ALPHABETS)
    let text = ''
    let room = length
    // Long texts repeat a stretch: drawing every character of a megabyte would cost more than the test of it.
    while (room > 0 && text.length < 2000) {
      const character = this.pick(alphabet)
      const bytes = Buffer.byteLength(character)
      if (bytes > room) break
      text += character
      room -= bytes
    }
    const stretch = Buffer.byteLength(text)
    if (room >= stretch && stretch > 0) text += text.repeat(Math.floor(room / stretch))
    return text
  }
}

const ALPHABETS: readonly (readonly string[])[] = [
  [...'abcdefghij 0123456789'],
  [...'aé߿ࠀ€\uffff\ud7ff\ue000', '\u{10000}', '\u{10ffff}', '\ufeff', '\0'],
  ['\u{1f600}', 'x', 'ü'],
]
