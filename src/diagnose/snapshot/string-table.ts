/**
 * The strings of a snapshot: their bytes as they stand in the file, decoded one by one when somebody asks. A snapshot may
 * have more text than one string of V8 can hold, and a path needs a hundred of them.
 *
 * Filled once by the parser, then owned by the snapshot; ends with it.
 */
import { EPHEMERON, hashOf, NO_WORD, WORD_BY_HASH, WORDS } from './words.ts'

/** Power of two, so that a place is found by shifting. */
const BLOCK_BITS = 20
const BLOCK_BYTES = 1 << BLOCK_BITS
const BYTES_MAX = 2 ** 32 - 1

const QUOTE = 0x22
const BACKSLASH = 0x5c
const PARENTHESIS = 0x29

/** The edge from the key of a `WeakMap`, and another one from its table, to the value. */
const PAIR = /^\d+ \/ part of key .* pair in WeakMap \(table @(\d+)\)$/s
const PAIR_TAIL = Buffer.from(' pair in WeakMap (table @')

/** As V8 writes what is not ASCII. */
const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`

export class StringTable {
  readonly #blocks: Buffer[] = []
  #bytes = 0
  /** Where each begins, behind its quote. */
  #starts = new Uint32Array(1024)
  #words = new Uint8Array(1024)
  #count = 0
  #hash = 0
  #isEscaped = false
  /** Bounded by the snapshot: the ids of tables by string, of which each pair in a `WeakMap` has one. */
  readonly #tables = new Map<number, number>()

  get count(): number {
    return this.#count
  }

  /** What it takes in memory. */
  get heldBytes(): number {
    return this.#blocks.length * BLOCK_BYTES + this.#starts.byteLength + this.#words.byteLength
  }

  /** Which of the words of words.ts it is, or NO_WORD. */
  word(index: number): number {
    return this.#words[index] ?? NO_WORD
  }

  /** The same for all of them, by index. */
  get words(): Uint8Array {
    return this.#words
  }

  /** The tables of all `WeakMap`s, by the index of a string that is an EPHEMERON, as node ids. */
  get tables(): ReadonlyMap<number, number> {
    return this.#tables
  }

  get(index: number): string {
    const start = index < this.#count ? (this.#starts[index] ?? -1) : -1
    if (start === -1) return ''
    const bytes = this.#slice(start, this.#endOf(start))
    const text = bytes.toString('utf8')
    if (!text.includes('\\')) return text
    try {
      return JSON.parse(`"${text}"`)
    } catch {
      return text
    }
  }

  /** The index of the string, or -1. */
  indexOf(text: string): number {
    const wanted = Buffer.from(
      JSON.stringify(text)
        .slice(1, -1)
        .replace(/[^\0-\x7f]/g, escaped),
    )
    for (let index = 0; index < this.#count; index++) {
      const start = this.#starts[index] ?? 0
      if (this.#at(start + wanted.length) !== QUOTE || this.#at(start) !== (wanted[0] ?? QUOTE)) continue
      if (this.#slice(start, start + wanted.length).equals(wanted) && this.get(index) === text) return index
    }
    return -1
  }

  /** A string begins with the next byte. */
  begin(): boolean {
    if (this.#count === this.#starts.length) this.#grow()
    this.#starts[this.#count] = this.#bytes
    this.#hash = 0
    this.#isEscaped = false
    return this.#bytes < BYTES_MAX
  }

  /**
   * Takes in what belongs to the string that has begun.
   *
   * @returns the place of its closing quote, or the length of the chunk when it goes on
   */
  take(chunk: Uint8Array, from: number): number {
    let hash = this.#hash
    let isEscaped = this.#isEscaped
    let at = from
    for (; at < chunk.length; at++) {
      const byte = chunk[at] as number
      if (isEscaped) isEscaped = false
      else if (byte === QUOTE) break
      else if (byte === BACKSLASH) isEscaped = true
      hash = hashOf(hash, byte)
    }
    this.#hash = hash
    this.#isEscaped = isEscaped
    const isOver = at < chunk.length
    this.#append(chunk, from, isOver ? at + 1 : at)
    if (isOver) this.#end()
    return at
  }

  #end(): void {
    const index = this.#count++
    const word = WORD_BY_HASH.get(this.#hash)
    if (word !== undefined && this.get(index) === word) this.#words[index] = WORDS[word]
    else if (this.#at(this.#bytes - 2) === PARENTHESIS) this.#lookForPair(index)
    else this.#words[index] = NO_WORD
  }

  #lookForPair(index: number): void {
    const start = this.#starts[index] ?? 0
    const tail = this.#slice(Math.max(start, this.#bytes - 64), this.#bytes - 1)
    const id = tail.includes(PAIR_TAIL) ? PAIR.exec(this.get(index))?.[1] : undefined
    this.#words[index] = id === undefined ? NO_WORD : EPHEMERON
    if (id !== undefined) this.#tables.set(index, Number(id))
  }

  #grow(): void {
    const length = Math.ceil(this.#starts.length * 1.5)
    const starts = new Uint32Array(length)
    starts.set(this.#starts)
    this.#starts = starts
    const words = new Uint8Array(length)
    words.set(this.#words)
    this.#words = words
  }

  #append(chunk: Uint8Array, from: number, to: number): void {
    for (let at = from; at < to; ) {
      const within = this.#bytes & (BLOCK_BYTES - 1)
      if (within === 0) this.#blocks.push(Buffer.allocUnsafeSlow(BLOCK_BYTES))
      const bytes = Math.min(to - at, BLOCK_BYTES - within)
      this.#blocks.at(-1)?.set(chunk.subarray(at, at + bytes), within)
      this.#bytes += bytes
      at += bytes
    }
  }

  #at(place: number): number {
    return this.#blocks[place >>> BLOCK_BITS]?.[place & (BLOCK_BYTES - 1)] ?? -1
  }

  /** Of the closing quote. */
  #endOf(start: number): number {
    let at = start
    while (this.#at(at) !== QUOTE && at < this.#bytes) at += this.#at(at) === BACKSLASH ? 2 : 1
    return at
  }

  #slice(from: number, to: number): Buffer {
    const first = this.#blocks[from >>> BLOCK_BITS]
    if (first !== undefined && from >>> BLOCK_BITS === (to - 1) >>> BLOCK_BITS && to > from) {
      const within = from & (BLOCK_BYTES - 1)
      return first.subarray(within, within + to - from)
    }
    const joined = Buffer.alloc(to - from)
    for (let at = from; at < to; at++) joined[at - from] = this.#at(at)
    return joined
  }
}
