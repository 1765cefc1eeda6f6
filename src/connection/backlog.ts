/**
 * Messages that wait for a slow reader one by one, so that the oldest can be dropped, or an older one of the same key
 * replaced by a newer. Only routes with `slow: 'drop-oldest'` or `{ latestBy }` need it.
 *
 * Made by the outbox when its reader is slow for the first time. Bounded by outboxBytesMax, which whoever adds looks at.
 * Ends with `clear()`.
 */
import type { Socket } from 'node:net'
import { BoundedQueue } from '../base/bounded-queue.ts'

/** What a message that waits costs beside its bytes, about. */
export const ENTRY_BYTES = 128
/** So much is written at once. */
const WRITE_BYTES_MAX = 24 * 1024

export type LatestKey = string | number

/** Makes a frame of a payload when it is written, because it can only be made then: compressed with what went before. */
export interface LateFrame {
  readonly opcode: number
  encode(payload: Uint8Array): Buffer
}

export interface WaitingMessage {
  /** With `late`, the payload. */
  frame: Uint8Array
  late: LateFrame | null
  readonly key: LatestKey | undefined
}

export class Backlog {
  // Bounded by bytes: a bound by count would say the same.
  readonly #queue = new BoundedQueue<WaitingMessage>(Number.POSITIVE_INFINITY)
  // Removed by: the message leaving the queue.
  readonly #byKey = new Map<LatestKey, WaitingMessage>()
  #bytes = 0

  get count(): number {
    return this.#queue.count
  }

  /** Bytes of the messages, and of keeping them. */
  get bytes(): number {
    return this.#bytes
  }

  /** Puts a message last, or in the place of an older one with the same key: then returns what that was. */
  add(message: WaitingMessage): Uint8Array | null {
    const older = message.key === undefined ? undefined : this.#byKey.get(message.key)
    if (older !== undefined) {
      const replaced = older.frame
      this.#bytes += message.frame.length - replaced.length
      older.frame = message.frame
      older.late = message.late
      return replaced
    }
    if (message.key !== undefined) this.#byKey.set(message.key, message)
    this.#queue.push(message)
    this.#bytes += message.frame.length + ENTRY_BYTES
    return null
  }

  /** Takes the oldest out; undefined when none waits. */
  shift(): WaitingMessage | undefined {
    const oldest = this.#queue.shift()
    if (oldest === undefined) return undefined
    this.#bytes -= oldest.frame.length + ENTRY_BYTES
    if (oldest.key !== undefined) this.#byKey.delete(oldest.key)
    return oldest
  }

  /** Hands the oldest to the socket for as long as it takes more, or all of them. */
  write(socket: Socket, all: boolean): void {
    while (this.count > 0 && (all || !socket.writableNeedDrain)) {
      const frames: Uint8Array[] = []
      let bytes = 0
      while (bytes < WRITE_BYTES_MAX) {
        const message = this.shift()
        if (message === undefined) break
        const frame = message.late === null ? message.frame : message.late.encode(message.frame)
        frames.push(frame)
        bytes += frame.length
      }
      socket.write(frames.length === 1 ? (frames[0] as Uint8Array) : Buffer.concat(frames, bytes))
    }
  }

  /** All of them, oldest first, to look at. */
  all(): WaitingMessage[] {
    return this.#queue.all()
  }

  /** Lets go of everything and returns how many messages that were. */
  clear(): number {
    this.#byKey.clear()
    this.#bytes = 0
    return this.#queue.clear()
  }
}
