/**
 * The bytes of an outbox: frames one behind another in a batch, full batches and large payloads before it as pieces.
 *
 * A batch is built in the server's slab, or in memory of its own behind a slow reader, or it is the same as that of others
 * (shared-batch.ts). The part of the outbox that knows no socket; ends with the outbox.
 */
import { encodeFrame, frameHeaderBytes, writeFrameHeader } from '../protocol/frame-writer.ts'
import type { FlushQueue } from './flush-queue.ts'
import { BATCH_BYTES_MAX, type SharedBatch } from './shared-batch.ts'
import type { SharedMessage } from './shared-message.ts'

const BATCH_BYTES_MIN = 1024
/** A shared batch of at most so much is copied when something of one's own comes behind it. */
const COPIED_BYTES_MAX = 4 * 1024

export abstract class Batches {
  protected readonly flushes: FlushQueue
  /** The memory of the batch, and which part of it is written and reserved; null when there is no batch. */
  #memory: Buffer | null = null
  #start = 0
  #end = 0
  #limit = 0
  /** The batch, when it is the same as that of others; then there is no memory of its own. */
  #shared: SharedBatch | null = null
  /** Full batches and large payloads, oldest first; null while there are none. */
  #pieces: Uint8Array[] | null = null
  #piecesBytes = 0

  constructor(flushes: FlushQueue) {
    this.flushes = flushes
  }

  /** What is added waits for longer than this turn. */
  abstract get blocked(): boolean

  /** Something is there to be written. */
  protected abstract schedule(): void

  protected get batchesBytes(): number {
    return this.#piecesBytes + (this.#shared === null ? this.#end - this.#start : this.#shared.bytes)
  }

  /** Adds a text message; `bytes` is its length in UTF-8. */
  text(opcode: number, text: string, bytes: number): void {
    const frameBytes = frameHeaderBytes(bytes) + bytes
    if (frameBytes > BATCH_BYTES_MAX) {
      this.put(encodeFrame(opcode, text))
      return
    }
    const at = this.#reserve(frameBytes)
    const memory = this.#memory as Buffer
    const start = writeFrameHeader(memory, at, opcode, bytes, false)
    // latin1 is the same bytes when there is one for each character, and quicker.
    memory.write(text, start, bytes, bytes === text.length ? 'latin1' : 'utf8')
  }

  /** Adds a frame with this payload. */
  binary(opcode: number, payload: Uint8Array, rsv1: boolean): void {
    const bytes = payload.length
    const headerBytes = frameHeaderBytes(bytes)
    if (headerBytes + bytes > BATCH_BYTES_MAX) {
      const at = this.#reserve(headerBytes)
      writeFrameHeader(this.#memory as Buffer, at, opcode, bytes, rsv1)
      this.put(payload)
      return
    }
    const at = this.#reserve(headerBytes + bytes)
    const memory = this.#memory as Buffer
    memory.set(payload, writeFrameHeader(memory, at, opcode, bytes, rsv1))
  }

  frame(frame: Buffer): void {
    if (frame.length > BATCH_BYTES_MAX) this.put(frame)
    else {
      const at = this.#reserve(frame.length)
      ;(this.#memory as Buffer).set(frame, at)
    }
  }

  /** Adds bytes as they are, which are not copied. */
  put(piece: Uint8Array): void {
    this.schedule()
    this.closeBatch()
    this.#pieces ??= []
    this.#pieces.push(piece)
    this.#piecesBytes += piece.length
  }

  /**
   * Adds a message that goes to many, when it has nothing in its batch but what others have too: nothing is copied then.
   * False, and nothing added, otherwise, or when more than `bytesMax` would wait.
   */
  join({ frame }: SharedMessage, bytesMax: number): boolean {
    const shared = this.#shared
    if (shared === null) return false
    const bytes = shared.bytes + frame.length
    if (bytes > BATCH_BYTES_MAX || this.#piecesBytes + bytes > bytesMax) return false
    this.#shared = shared.followedBy(frame, this.flushes.shared)
    return true
  }

  /** Adds a message that goes to many. */
  share(message: SharedMessage): void {
    if (this.join(message, Number.POSITIVE_INFINITY)) return
    const { frame } = message
    // With something of its own in the batch, or behind a slow reader, it has memory of its own.
    if (frame.length > BATCH_BYTES_MAX || this.#memory !== null || this.blocked) this.frame(frame)
    else {
      this.closeBatch()
      this.schedule()
      this.#shared = message.alone
    }
  }

  /** Makes room for `bytes` (at most BATCH_BYTES_MAX) at the end of the batch and returns where. */
  #reserve(bytes: number): number {
    this.schedule()
    if (this.#shared !== null) this.#unshare()
    const memory = this.#memory
    if (memory === null) return this.#begin(bytes)
    const at = this.#end
    if (at + bytes > this.#limit) {
      const written = at - this.#start
      if (written + bytes > BATCH_BYTES_MAX) {
        this.closeBatch()
        return this.#begin(bytes)
      }
      if (this.#limit !== at || !this.flushes.slab.extend(memory, at, bytes)) return this.#move(memory, written, bytes)
      this.#limit += bytes
    }
    this.#end = at + bytes
    return at
  }

  /** Something of its own comes behind what others have too: small, it is copied; large, it is a piece. */
  #unshare(): void {
    const shared = this.#shared as SharedBatch
    if (shared.bytes > COPIED_BYTES_MAX) this.closeBatch()
    else {
      this.#shared = null
      const at = this.#begin(shared.bytes)
      shared.view.copy(this.#memory as Buffer, at)
    }
  }

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
    if (this.blocked || this.flushes.slab.hasRoom(bytes)) return
    this.flushes.flushNow()
    this.schedule()
  }

  /** Takes memory with room for `room` bytes, of which `bytes` are used. */
  #take(room: number, bytes: number): void {
    if (this.blocked) {
      // What waits long has memory of its own, or it would keep the slab of everybody.
      this.#memory = Buffer.allocUnsafeSlow(room)
      this.#start = 0
    } else {
      this.#start = this.flushes.slab.take(room)
      this.#memory = this.flushes.slab.memory
    }
    this.#end = this.#start + bytes
    this.#limit = this.#start + room
  }

  /** Moves the batch to the pieces, so that order is kept. */
  protected closeBatch(): void {
    const batch = this.takeBatch()
    if (batch === null) return
    this.#pieces ??= []
    this.#pieces.push(batch)
    this.#piecesBytes += batch.length
  }

  /** Takes the batch out; null when there is none. */
  protected takeBatch(): Buffer | null {
    if (this.#shared !== null) {
      const { view } = this.#shared
      this.#shared = null
      return view
    }
    const memory = this.#memory
    if (memory === null) return null
    const batch = memory.subarray(this.#start, this.#end)
    this.#memory = null
    this.#start = 0
    this.#end = 0
    return batch
  }

  /** The pieces, to look at. */
  protected get allPieces(): readonly Uint8Array[] {
    return this.#pieces ?? []
  }

  /** Takes the pieces out; null when there are none. */
  protected takePieces(): Uint8Array[] | null {
    const pieces = this.#pieces
    this.#pieces = null
    this.#piecesBytes = 0
    return pieces
  }
}
