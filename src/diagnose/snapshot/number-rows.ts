/**
 * Reads an array of numbers out of the bytes of a snapshot, row by row: the nodes and edges, which are nine tenths of the
 * file. Nothing is allocated for a number. Owned by the parser; over with the closing bracket.
 */
import { invalidSnapshot, showByte } from './invalid-snapshot.ts'

const COMMA = 0x2c
const OPEN = 0x5b
const CLOSE = 0x5d
const SPACE = 0x20
const ZERO = 0x30

export interface RowUser {
  /** What the rows are, for messages. */
  readonly what: string
  /** Takes one row; the array is used again for the next. @returns what is wrong with it, or null */
  row(numbers: Float64Array): string | null
  /** What is wrong with how many there were, or null. */
  over(): string | null
}

export class NumberRows {
  readonly #user: RowUser
  readonly #row: Float64Array
  #field = 0
  #value = 0
  #hasDigits = false
  #isOpen = false
  isOver = false

  constructor(width: number, user: RowUser) {
    this.#row = new Float64Array(width)
    this.#user = user
  }

  /**
   * @param offset of the chunk in the file
   * @returns how far it has read: all, or up to and with the closing bracket
   */
  take(chunk: Uint8Array, from: number, offset: number): number {
    const row = this.#row
    const width = row.length
    let value = this.#value
    let hasDigits = this.#hasDigits
    let field = this.#field
    let at = from
    for (; at < chunk.length; at++) {
      const byte = chunk[at] as number
      const digit = byte - ZERO
      if (digit >= 0 && digit <= 9) {
        value = value * 10 + digit
        hasDigits = true
      } else if (byte === COMMA || (byte === CLOSE && hasDigits)) {
        if (!hasDigits) throw this.#wrong('a comma with no number before it', offset + at)
        row[field++] = value
        value = 0
        hasDigits = false
        if (field === width) {
          field = 0
          const problem = this.#user.row(row)
          if (problem !== null) throw this.#wrong(problem, offset + at)
        }
        if (byte === CLOSE) break
      } else if (byte === CLOSE) break
      else if (byte === OPEN && !this.#isOpen) this.#isOpen = true
      else if (byte > SPACE) throw this.#wrong(showByte(byte), offset + at)
    }
    this.#value = value
    this.#hasDigits = hasDigits
    this.#field = field
    if (at === chunk.length) return at
    this.isOver = true
    const problem = field === 0 ? this.#user.over() : `a last row of ${field} numbers instead of ${width}`
    if (problem !== null) throw this.#wrong(problem, offset + at)
    return at + 1
  }

  #wrong(seen: string, offset: number): Error {
    return invalidSnapshot(`${seen} in the ${this.#user.what}`, offset, 'rows of whole numbers as its `meta` says')
  }
}
