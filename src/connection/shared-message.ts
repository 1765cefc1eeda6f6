/**
 * A message for many: framed once, and compressed at most once for each window size, when the first receiver needs it.
 * Owned by the publish that made it; holds only the bytes; ends with the last outbox that has them.
 */
import { type DeflateOptions, deflateShared } from '../protocol/deflate.ts'
import { encodeFrame } from '../protocol/frame-writer.ts'
import { BINARY, TEXT } from '../protocol/opcodes.ts'
import { bytesOf, type Message } from './message-bytes.ts'

export class SharedMessage {
  readonly opcode: number
  readonly payload: Uint8Array
  readonly frame: Buffer
  // At most one for each route and window size among the receivers.
  #deflated: { readonly options: DeflateOptions; readonly windowBits: number; readonly frame: Buffer }[] | null = null

  constructor(message: Message, method: string) {
    this.opcode = typeof message === 'string' ? TEXT : BINARY
    this.payload = typeof message === 'string' ? Buffer.from(message, 'utf8') : bytesOf(message, method)
    this.frame = encodeFrame(this.opcode, this.payload, false)
  }

  /** The frame for receivers whose inflater has this window, without context takeover (RFC 7692 section 7.2.1). */
  deflatedFrame(windowBits: number, options: DeflateOptions): Buffer {
    this.#deflated ??= []
    const made = this.#deflated.find((entry) => entry.options === options && entry.windowBits === windowBits)
    if (made !== undefined) return made.frame
    const frame = encodeFrame(this.opcode, deflateShared(this.payload, windowBits, options), true)
    this.#deflated.push({ options, windowBits, frame })
    return frame
  }
}
