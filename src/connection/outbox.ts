/**
 * What waits to be written to one connection: bounded, and written once in each turn of the event loop, or sooner when
 * the memory that all outboxes of the server share is full.
 *
 * Frames are built one behind another (batches.ts). While the socket does
 * not take more, everything waits here, in memory of its own, not in Node's queue, so that the bound holds. Control frames
 * are exempt from the bound; of pongs that wait, only the latest is kept (RFC 6455 section 5.5.3).
 *
 * Owned by its connection. Ends with `end()`: nothing is written after it. It never destroys the socket.
 */
import type { Socket } from 'node:net'
import { encodeFrame } from '../protocol/frame-writer.ts'
import { PONG } from '../protocol/opcodes.ts'
import { Backlog, type WaitingMessage } from './backlog.ts'
import { Batches } from './batches.ts'
import type { Flushable, FlushQueue, OutboxOwner } from './flush-queue.ts'

/** HELD: the socket is given nothing. */
const OPEN = 0
const HELD = 1
const ENDED = 2

export class Outbox extends Batches implements Flushable {
  /** Messages that wait one by one; null until the reader is slow and its route wants that. */
  backlog: Backlog | null = null
  /** What it has taken of outboxTotalBytesMax. */
  counted = 0
  readonly #socket: Socket
  readonly #owner: OutboxOwner
  #pong: Buffer | null = null
  #scheduled = false
  #status: 0 | 1 | 2 = OPEN

  constructor(socket: Socket, flushes: FlushQueue, owner: OutboxOwner) {
    super(flushes)
    this.#socket = socket
    this.#owner = owner
  }

  /** Bytes not yet taken by the kernel. */
  get bytes(): number {
    return this.batchesBytes + (this.backlog?.bytes ?? 0) + this.#socket.writableLength
  }

  /** The reader is slower than we write: something waits in the socket. Or the socket is given nothing, see hold(). */
  get blocked(): boolean {
    return this.#socket.writableLength > 0 || this.#status === HELD
  }

  /** All that waits and was not given to the socket, oldest first; what waits one by one (`backlog`) comes behind it. */
  get pieces(): readonly Uint8Array[] {
    this.#placePong()
    this.closeBatch()
    return this.allPieces
  }

  /** Gives the socket what waits, and nothing more until `release()`: the rest waits here, as for a reader that does not read. */
  hold(): void {
    this.flush()
    if (this.#status === OPEN) this.#status = HELD
  }

  release(): void {
    if (this.#status !== HELD) return
    this.#status = OPEN
    this.schedule()
  }

  /** Messages of its own have to wait one by one: behind a slow reader, or behind others that do. */
  get queues(): boolean {
    return this.blocked || (this.backlog !== null && this.backlog.count > 0)
  }

  /** Adds a message that waits by itself; returns the older one whose place it took. */
  keep(message: WaitingMessage): Uint8Array | null {
    this.backlog ??= new Backlog()
    this.schedule()
    return this.backlog.add(message)
  }

  /** Answers a ping; while the reader is slow only the latest answer waits. */
  pong(payload: Buffer): void {
    if (!this.blocked) {
      this.binary(PONG, payload, false)
      return
    }
    this.#pong = encodeFrame(PONG, payload)
    this.schedule()
  }

  /** Writes what waits, unless the socket is still busy with what it has: then its `drain` calls again. */
  flush(): boolean {
    this.#scheduled = false
    if (this.#status !== HELD) {
      // Until the end of the turn a socket that has taken everything may still say that it needs to drain.
      if (!this.blocked || !this.#socket.writableNeedDrain) this.#writeBatches()
      this.backlog?.write(this.#socket, false)
    }
    const taken = this.bytes === 0
    if (!taken || this.counted !== 0) this.#owner.outboxOnFlushed()
    return taken
  }

  /** Hands everything to the socket now, however busy it is: the last act before a close frame. */
  flushAll(): void {
    this.#writeBatches()
    this.backlog?.write(this.#socket, true)
  }

  #placePong(): void {
    const pong = this.#pong
    this.#pong = null
    if (pong !== null) this.frame(pong)
  }

  #writeBatches(): void {
    this.#placePong()
    const batch = this.takeBatch()
    const pieces = this.takePieces()
    if (pieces === null) {
      if (batch !== null) this.#socket.write(batch)
      return
    }
    if (batch !== null) pieces.push(batch)
    this.#socket.cork()
    for (const piece of pieces) this.#socket.write(piece)
    this.#socket.uncork()
  }

  end(): void {
    this.#status = ENDED
    this.backlog?.clear()
    this.takeBatch()
    this.takePieces()
    this.#pong = null
  }

  protected schedule(): void {
    if (this.#scheduled || this.#status === ENDED) return
    this.#scheduled = true
    this.flushes.add(this)
  }
}
