/**
 * What waits to be written to one connection: bounded, and written once in each turn of the event loop, or sooner when
 * the memory that all outboxes of the server share is full.
 *
 * Frames are built one behind another in the server's slab; payloads that are large are referenced. While the socket does
 * not take more, everything waits here, in memory of its own, not in Node's queue, so that the bound holds. Control frames
 * are exempt from the bound; of pongs that wait, only the latest is kept (RFC 6455 section 5.5.3).
 *
 * Owned by its connection. Ends with `end()`: nothing is written after it. It never destroys the socket.
 */
import type { Socket } from 'node:net'
import { encodeFrame, frameHeaderBytes, writeFrameHeader } from '../protocol/frame-writer.ts'
import { PONG } from '../protocol/opcodes.ts'
import type { Flushable, FlushQueue } from './flush-queue.ts'

/** A batch is at most so long, and what is longer is not copied into one. */
const BATCH_BYTES_MAX = 24 * 1024
const BATCH_BYTES_MIN = 1024

export class Outbox implements Flushable {
  readonly #socket: Socket
  readonly #flushes: FlushQueue
  /** The memory of the batch, and which part of it is written and reserved; null when there is no batch. */
  #memory: Buffer | null = null
  #start = 0
  #end = 0
  #limit = 0
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
    return this.#piecesBytes + (this.#end - this.#start) + this.#socket.writableLength
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
    const memory = this.#memory as Buffer
    const start = writeFrameHeader(memory, at, opcode, bytes, false)
    // latin1 is the same bytes when there is one for each character, and quicker.
    memory.write(text, start, bytes, bytes === text.length ? 'latin1' : 'utf8')
  }

  /** Adds the head of the 101 response: ASCII. */
  head(text: string): void {
    if (text.length > BATCH_BYTES_MAX) {
      this.#reference(Buffer.from(text, 'latin1'))
      return
    }
    const at = this.#reserve(text.length)
    ;(this.#memory as Buffer).write(text, at, text.length, 'latin1')
  }

  /** Adds a frame with this payload. */
  binary(opcode: number, payload: Uint8Array, rsv1: boolean): void {
    const bytes = payload.length
    const headerBytes = frameHeaderBytes(bytes)
    if (headerBytes + bytes > BATCH_BYTES_MAX) {
      const at = this.#reserve(headerBytes)
      writeFrameHeader(this.#memory as Buffer, at, opcode, bytes, rsv1)
      this.#reference(payload)
      return
    }
    const at = this.#reserve(headerBytes + bytes)
    const memory = this.#memory as Buffer
    memory.set(payload, writeFrameHeader(memory, at, opcode, bytes, rsv1))
  }

  /** Adds a whole frame whose bytes others share. */
  frame(frame: Buffer): void {
    if (frame.length > BATCH_BYTES_MAX) {
      this.#reference(frame)
      return
    }
    const at = this.#reserve(frame.length)
    const memory = this.#memory as Buffer
    memory.set(frame, at)
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
  flush(): boolean {
    this.#scheduled = false
    if (!this.#socket.writableNeedDrain) this.flushAll()
    return this.bytes === 0
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
    this.#takeBatch()
    this.#pieces = null
    this.#piecesBytes = 0
    this.#pong = null
  }

  /** Makes room for `bytes` (at most BATCH_BYTES_MAX) at the end of the batch and returns where. */
  #reserve(bytes: number): number {
    this.#schedule()
    const memory = this.#memory
    if (memory === null) return this.#begin(bytes)
    const at = this.#end
    if (at + bytes > this.#limit) {
      const written = at - this.#start
      if (written + bytes > BATCH_BYTES_MAX) {
        this.#closeBatch()
        return this.#begin(bytes)
      }
      if (this.#limit !== at || !this.#flushes.slab.extend(memory, at, bytes)) return this.#move(memory, written, bytes)
      this.#limit += bytes
    }
    this.#end = at + bytes
    return at
  }

  /** Begins a batch of `bytes`; returns its start. */
  #begin(bytes: number): number {
    this.#makeRoom(bytes)
    this.#take(bytes, bytes)
    return this.#start
  }

  /** Others have written in between: moves the batch to where it has room to grow, and adds `bytes`; returns their start. */
  #move(from: Buffer, written: number, bytes: number): number {
    const room = Math.min(BATCH_BYTES_MAX, Math.max(BATCH_BYTES_MIN, (written + bytes) * 2))
    this.#makeRoom(room)
    // Making room may have written the batch out.
    if (this.#memory === null) return this.#begin(bytes)
    const start = this.#start
    this.#take(room, written + bytes)
    from.copy(this.#memory, this.#start, start, start + written)
    return this.#start + written
  }

  /** When the slab is full, everybody's batches are written, this one's too. */
  #makeRoom(bytes: number): void {
    if (this.blocked || this.#flushes.slab.hasRoom(bytes)) return
    this.#flushes.flushNow()
    this.#schedule()
  }

  /** Takes memory with room for `room` bytes, of which `bytes` are used. */
  #take(room: number, bytes: number): void {
    if (this.blocked) {
      // What waits long has memory of its own, or it would keep the slab of everybody.
      this.#memory = Buffer.allocUnsafeSlow(room)
      this.#start = 0
    } else {
      this.#start = this.#flushes.slab.take(room)
      this.#memory = this.#flushes.slab.memory
    }
    this.#end = this.#start + bytes
    this.#limit = this.#start + room
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
    const memory = this.#memory
    if (memory === null) return null
    const batch = memory.subarray(this.#start, this.#end)
    this.#memory = null
    this.#start = 0
    this.#end = 0
    return batch
  }

  #schedule(): void {
    if (this.#scheduled || this.#ended) return
    this.#scheduled = true
    this.#flushes.add(this)
  }
}
