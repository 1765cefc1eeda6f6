/**
 * A message that is not whole yet: the payloads of its frames, unmasked, one behind the other in one buffer that grows as bytes
 * really arrive. Made by the reader for a message that does not lie whole in one chunk, owned by it alone; it ends when the reader
 * lets go of it, with `finish()` or without. It never waits, and never holds more than the limit it is given.
 */
import { unmaskInto } from './mask.ts'
import { TEXT } from './opcodes.ts'
import { allocateMessage } from './small-buffers.ts'
import { asciiText, checkUtf8Prefix } from './utf8.ts'

/** The most a header alone makes us allocate, in bytes, whatever length it announces. */
const FIRST_BYTES_MAX = 65_536
/** The least a fragmented message starts with, in bytes, so that tiny fragments do not mean a copy each. */
const FRAGMENTED_BYTES_MIN = 256

const NOTHING: Buffer = Buffer.alloc(0)

export class MessageBuffer {
  readonly isText: boolean
  readonly isCompressed: boolean
  /** Frames begun so far, empty ones included; the first is what made this. */
  fragments = 1
  /** Bytes of payload so far. */
  used = 0
  #bytes: Buffer = NOTHING
  #isAscii = true
  /** Up to here the text is known to be UTF-8. */
  #checked = 0

  constructor(opcode: number, compressed: boolean) {
    this.isText = opcode === TEXT
    this.isCompressed = compressed
  }

  /** Bytes allocated, not bytes used. */
  get capacity(): number {
    return this.#bytes.length
  }

  /**
   * Takes payload in.
   * @param remaining bytes of this frame still to come after these
   * @param last this frame is the last of the message, so that its end is the message's
   * @param bytesMax the limit for the whole message; the caller has checked the frame's announced length against it
   * @returns false when it is text (not compressed) that cannot be the beginning of valid UTF-8
   */
  append(
    source: Buffer,
    start: number,
    length: number,
    mask: number,
    phase: number,
    remaining: number,
    last: boolean,
    bytesMax: number,
  ): boolean {
    const used = this.used
    const end = used + length
    if (end > this.#bytes.length) this.#grow(end, end + remaining, last, bytesMax)
    const high = unmaskInto(source, start, this.#bytes, used, length, mask, phase)
    this.used = end
    if (high !== 0) this.#isAscii = false
    if (!this.isText || this.isCompressed) return true
    if (high === 0 && this.#checked === used) {
      this.#checked = end
      return true
    }
    this.#checked = checkUtf8Prefix(this.#bytes, this.#checked, end)
    return this.#checked !== -1
  }

  #grow(needed: number, announced: number, last: boolean, bytesMax: number): void {
    const start = Math.min(FIRST_BYTES_MAX, last ? announced : Math.max(announced, FRAGMENTED_BYTES_MIN))
    const wanted = Math.max(needed, start, this.#bytes.length * 2)
    const bytes = allocateMessage(Math.min(wanted, last ? announced : Math.max(bytesMax, needed)))
    this.#bytes.copy(bytes, 0, 0, this.used)
    this.#bytes = bytes
  }

  /** The payload, still compressed: a view, good until the next call. */
  payload(): Buffer {
    return this.#bytes.subarray(0, this.used)
  }

  /** The whole message; null when it is text that ends inside a character. Call it once, for what is not compressed. */
  finish(): string | Buffer | null {
    const { used } = this
    if (this.isText) {
      if (this.#checked !== used) return null
      return this.#isAscii ? asciiText(this.#bytes, 0, used) : this.#bytes.toString('utf8', 0, used)
    }
    // Who keeps a message must not keep the room it did not need.
    if (used === this.#bytes.length) return this.#bytes
    const exact = allocateMessage(used)
    this.#bytes.copy(exact, 0, 0, used)
    return exact
  }
}
