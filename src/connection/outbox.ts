/**
 * What waits to be written to one connection: bounded, and written once in each turn of the event loop.
 *
 * Small frames are copied into one batch as they come, large payloads are referenced. While the socket does not take
 * more, everything waits here, not in Node's queue, so that the bound holds. Control frames are exempt from the bound;
 * of pongs that wait, only the latest is kept (RFC 6455 section 5.5.3).
 *
 * Owned by its connection. Ends with `end()`: nothing is written after it. It never destroys the socket.
 */
import type { Socket } from 'node:net'
import { encodeFrame, frameHeaderBytes, writeFrameHeader } from '../protocol/frame-writer.ts'
import { PONG } from '../protocol/opcodes.ts'
import type { Flushable, FlushQueue } from './flush-queue.ts'

/** A batch grows by doubling up to this; larger payloads are not copied. */
const BATCH_BYTES_MAX = 16 * 1024
const BATCH_BYTES_MIN = 1024

export class Outbox implements Flushable {
  readonly #socket: Socket
  readonly #flushes: FlushQueue
  #batch: Buffer | null = null
  #batchBytes = 0
  /** Full batches and large payloads, oldest first; null while there are none. */
  #pieces: Uint8Array[] | null = null
  #piecesBytes = 0
  #pong: Buffer | null = null
  #scheduled = false
  #ended = false

  constructor(socket: Socket, flushes: FlushQueue) {
    this.#socket = socket
    this.#flushes = flushes
  }

  /** Bytes not yet taken by the kernel. */
  get bytes(): number {
    return this.#piecesBytes + this.#batchBytes + this.#socket.writableLength
  }

  /** The reader is slower than we write: something waits in the socket. */
  get blocked(): boolean {
    return this.#socket.writableLength > 0
  }

  /** Adds a text message; `bytes` is its length in UTF-8. */
  text(opcode: number, text: string, bytes: number): void {
    const frameBytes = frameHeaderBytes(bytes) + bytes
    if (frameBytes > BATCH_BYTES_MAX) {
      this.#reference(encodeFrame(opcode, text))
      return
    }
    const at = this.#reserve(frameBytes)
    const batch = this.#batch as Buffer
    batch.write(text, writeFrameHeader(batch, at, opcode, bytes, false), bytes, 'utf8')
  }

  /** Adds a frame with this payload. */
  binary(opcode: number, payload: Uint8Array, rsv1: boolean): void {
    const bytes = payload.length
    const headerBytes = frameHeaderBytes(bytes)
    if (headerBytes + bytes > BATCH_BYTES_MAX) {
      const at = this.#reserve(headerBytes)
      writeFrameHeader(this.#batch as Buffer, at, opcode, bytes, rsv1)
      this.#reference(payload)
      return
    }
    const at = this.#reserve(headerBytes + bytes)
    const batch = this.#batch as Buffer
    batch.set(payload, writeFrameHeader(batch, at, opcode, bytes, rsv1))
  }

  /** Adds a whole frame whose bytes others share. */
  frame(frame: Buffer): void {
    if (frame.length > BATCH_BYTES_MAX) this.#reference(frame)
    else {
      const at = this.#reserve(frame.length)
      ;(this.#batch as Buffer).set(frame, at)
    }
  }

  /** Answers a ping; while the reader is slow only the latest answer waits. */
  pong(payload: Buffer): void {
    if (!this.blocked) {
      this.binary(PONG, payload, false)
      return
    }
    this.#pong = encodeFrame(PONG, payload)
    this.#schedule()
  }

  /** Writes what waits, unless the socket is still busy with what it has: then its `drain` calls again. */
  flush(): void {
    this.#scheduled = false
    if (!this.#socket.writableNeedDrain) this.flushAll()
  }

  /** Hands everything to the socket now, however busy it is: the last act before a close frame. */
  flushAll(): void {
    if (this.#pong !== null) {
      const pong = this.#pong
      this.#pong = null
      this.frame(pong)
    }
    const batch = this.#takeBatch()
    const pieces = this.#pieces
    if (pieces === null) {
      if (batch !== null) this.#socket.write(batch)
      return
    }
    if (batch !== null) pieces.push(batch)
    this.#pieces = null
    this.#piecesBytes = 0
    this.#socket.cork()
    for (const piece of pieces) this.#socket.write(piece)
    this.#socket.uncork()
  }

  end(): void {
    this.#ended = true
    this.#batch = null
    this.#batchBytes = 0
    this.#pieces = null
    this.#piecesBytes = 0
    this.#pong = null
  }

  /** Makes room for `bytes` (at most BATCH_BYTES_MAX) at the end of the batch and returns where. */
  #reserve(bytes: number): number {
    this.#schedule()
    const batch = this.#batch
    if (batch === null) {
      this.#batch = Buffer.allocUnsafe(bytes)
      this.#batchBytes = bytes
      return 0
    }
    const at = this.#batchBytes
    const needed = at + bytes
    if (needed > batch.length) {
      if (needed > BATCH_BYTES_MAX) {
        this.#closeBatch()
        this.#batch = Buffer.allocUnsafe(bytes)
        this.#batchBytes = bytes
        return 0
      }
      const larger = Buffer.allocUnsafe(Math.min(BATCH_BYTES_MAX, Math.max(BATCH_BYTES_MIN, needed * 2)))
      larger.set(at === batch.length ? batch : batch.subarray(0, at))
      this.#batch = larger
    }
    this.#batchBytes = needed
    return at
  }

  #reference(piece: Uint8Array): void {
    this.#schedule()
    this.#closeBatch()
    this.#pieces ??= []
    this.#pieces.push(piece)
    this.#piecesBytes += piece.length
  }

  /** Moves the batch to the pieces, so that order is kept. */
  #closeBatch(): void {
    const batch = this.#takeBatch()
    if (batch === null) return
    this.#pieces ??= []
    this.#pieces.push(batch)
    this.#piecesBytes += batch.length
  }

  #takeBatch(): Buffer | null {
    const batch = this.#batch
    if (batch === null) return null
    const bytes = this.#batchBytes
    this.#batch = null
    this.#batchBytes = 0
    return bytes === batch.length ? batch : batch.subarray(0, bytes)
  }

  #schedule(): void {
    if (this.#scheduled || this.#ended) return
    this.#scheduled = true
    this.#flushes.add(this)
  }
}
