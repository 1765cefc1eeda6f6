/**
 * A message for many: framed once, and compressed at most once for each window size, when the first receiver needs it.
 * Owned by the publish that made it; holds only the bytes; ends with the last outbox that has them.
 */
import { type DeflateOptions, deflateShared } from '../protocol/deflate.ts'
import { encodeFrame } from '../protocol/frame-writer.ts'
import { BINARY, TEXT } from '../protocol/opcodes.ts'
import type { LatestKey } from './backlog.ts'
import type { ConnectionOptions } from './connection-options.ts'
import type { Life } from './life.ts'
import { bytesOf, type Message } from './message-bytes.ts'
import { SharedBatch } from './shared-batch.ts'
import { keyOf } from './slow.ts'
import { unpooled } from './unpooled.ts'

export class SharedMessage {
  readonly opcode: number
  readonly payload: Uint8Array
  readonly frame: Buffer
  /** Null until somebody wants the text of what came as bytes. */
  #message: Message | null
  #alone: SharedBatch | null = null
  #lasting: Buffer | null = null
  #keyOptions: ConnectionOptions | null = null
  #key: LatestKey | undefined = undefined
  // At most one for each route and window size among the receivers.
  #deflated: { readonly options: DeflateOptions; readonly windowBits: number; readonly frame: Buffer }[] | null = null

  /** @param receivedAs opcode of a message that came from another worker, as bytes */
  constructor(message: Message, method: string, receivedAs: number | null = null) {
    this.opcode = receivedAs ?? (typeof message === 'string' ? TEXT : BINARY)
    const payload = typeof message === 'string' ? Buffer.from(message, 'utf8') : bytesOf(message, method)
    this.frame = encodeFrame(this.opcode, payload, false)
    // What came is only lent; what is in the frame is our own.
    this.payload = receivedAs === null ? payload : this.frame.subarray(this.frame.length - payload.length)
    this.#message = receivedAs === null ? message : null
  }

  /** A message of another worker: its bytes are copied. */
  static received(opcode: number, payload: Uint8Array): SharedMessage {
    return new SharedMessage(payload, 'publish()', opcode)
  }

  /** As it was given, or as it would be given here. */
  get message(): Message {
    this.#message ??=
      this.opcode === TEXT ? this.frame.toString('utf8', this.frame.length - this.payload.length) : this.payload
    return this.#message
  }

  /** The frame in memory of its own, for those it has to wait for. */
  get lasting(): Buffer {
    this.#lasting ??= unpooled(this.frame)
    return this.#lasting
  }

  /** Its key for `latestBy` of that connection's route; asked once for each route that follows another. */
  keyFor(life: Life): LatestKey | undefined {
    if (this.#keyOptions !== life.options) {
      this.#keyOptions = life.options
      this.#key = keyOf(life, this.message)
    }
    return this.#key
  }

  /** The batch of everybody who gets this message first in a turn. */
  get alone(): SharedBatch {
    this.#alone ??= new SharedBatch(this.frame, 0, this.frame.length)
    return this.#alone
  }

  /** It is going to be sent in another turn than before: what was shared lived for that turn, its memory may be used again. */
  renew(): void {
    this.#alone = null
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
