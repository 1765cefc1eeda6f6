/**
 * A link over a Unix socket. Frames that are sent in one turn of the event loop are written together at its end; what the
 * kernel does not take waits here, up to a bound: a worker that does not read is cut off, so that its trouble does not
 * become ours.
 *
 * Made by the mesh for each socket, up when both have greeted. Ends by `end()` (what was sent is written first, for at
 * most LINK_END_MS), by the other's end, by `cut()`, and with the socket. It never reconnects: the mesh does.
 */
import type { Socket } from 'node:net'
import type { Clock, ClockTimer } from '../base/clock.ts'
import { messageOf, stackOf } from '../base/errors.ts'
import { destroySocket, finishSocket, ownSocket, type SocketOwner } from '../connection/socket.ts'
import { encodeGreeting, GREETING_BYTES_MAX, readGreeting } from './greeting.ts'
import { FRAME_HEADER_BYTES, LinkFrameReader, writeLinkHeader } from './link-frames.ts'
import { CHANNELS, FRAME_BYTES_MAX, type Link, type Peer, type UnlinkReason } from './links.ts'

/** How long the last frames may take to be written. */
export const LINK_END_MS = 2_000
/** How long a socket may stay without a greeting. */
export const GREETING_MS = 5_000

const BATCH_BYTES = 16 * 1024
/** Longer payloads are not copied into the batch. */
const COPIED_BYTES_MAX = 4 * 1024

/** Who made the link. */
export interface LinkOwner {
  readonly self: Peer
  readonly clock: Clock
  /** So much may wait for one peer. */
  readonly linkBytesMax: number
  /** The other has greeted: either `accept()` is called, or what is returned says in words why not. */
  linkOnGreeted(link: SocketLink, peer: Peer): string | null
  /** A frame of the other, of any channel but that of the greeting. What it throws ends the link. */
  linkOnFrame(link: SocketLink, channel: number, payload: Buffer): void
  /** It is down. Called once; nothing follows. */
  linkOnDown(link: SocketLink, down: LinkDown): void
}

export interface LinkDown {
  readonly wasUp: boolean
  readonly reason: UnlinkReason
  /** What was wrong, in words, when something was. */
  readonly problem: string
  readonly lostBytes: number
}

export class SocketLink implements Link, SocketOwner {
  /** Whom we have called, or null: it came to us. Who called greets first; the other answers when it has accepted. */
  readonly called: string | null
  readonly #socket: Socket
  readonly #owner: LinkOwner
  readonly #reader: LinkFrameReader
  #peer: Peer | null = null
  #state: 'greeting' | 'up' | 'down' = 'greeting'
  #pieces: Uint8Array[] = []
  #piecesBytes = 0
  /** Small frames, one behind the other. */
  #batch: Buffer | null = null
  #batchBytes = 0
  #scheduled = false
  #timer: ClockTimer | null
  #socketError = ''

  constructor(socket: Socket, called: string | null, owner: LinkOwner) {
    this.#socket = socket
    this.called = called
    this.#owner = owner
    this.#reader = new LinkFrameReader(GREETING_BYTES_MAX, (channel, payload) => this.#frameCame(channel, payload))
    this.#timer = owner.clock.after(GREETING_MS, () => this.cut('bad', `no greeting within ${GREETING_MS} ms`))
    ownSocket(socket, this)
    if (called !== null) this.#greet()
  }

  /** @throws Error before the greeting: whoever has the link got it after */
  get peer(): Peer {
    if (this.#peer === null) throw new Error('a link has no peer before the greeting')
    return this.#peer
  }

  get up(): boolean {
    return this.#state === 'up'
  }

  get waitingBytes(): number {
    return this.#piecesBytes + this.#batchBytes + this.#socket.writableLength
  }

  send(channel: number, payload: Uint8Array): boolean {
    if (this.#state !== 'up') return false
    if (payload.length > FRAME_BYTES_MAX) throw new Error(`a frame of ${payload.length} bytes is too long for a link`)
    const waitingBytes = this.waitingBytes + FRAME_HEADER_BYTES + payload.length
    if (waitingBytes > this.#owner.linkBytesMax) {
      this.cut('stuck', `${waitingBytes} bytes would wait for it`)
      return false
    }
    this.#add(channel, payload)
    return true
  }

  end(): void {
    if (this.#state === 'down') return
    this.#write()
    this.#goDown('ended', '')
    finishSocket(this.#socket)
    this.#timer = this.#owner.clock.after(LINK_END_MS, () => destroySocket(this.#socket))
  }

  /** Ends it now; what was not written is lost. */
  cut(reason: UnlinkReason, problem: string): void {
    if (this.#state === 'down') return
    this.#goDown(reason, problem)
    destroySocket(this.#socket)
  }

  socketOnData(chunk: Buffer): void {
    if (this.#state === 'down') return
    try {
      if (!this.#reader.read(chunk)) this.cut('bad', 'a frame that is too long')
    } catch (thrown) {
      this.cut('bad', stackOf(thrown) || messageOf(thrown))
    }
  }

  socketOnDrain(): void {
    this.#flush()
  }

  socketOnEnd(): void {
    this.cut('peer', '')
  }

  socketOnError(error: NodeJS.ErrnoException): void {
    this.#socketError = error.code ?? error.message
  }

  socketOnClose(): void {
    this.#timer?.cancel()
    this.#timer = null
    if (this.#socketError === '') this.cut('peer', '')
    else this.cut('failed', `the socket failed: ${this.#socketError}`)
  }

  #frameCame(channel: number, payload: Buffer): void {
    if (this.#state === 'up') {
      if (channel === CHANNELS.hello) this.cut('bad', 'a second greeting')
      else this.#owner.linkOnFrame(this, channel, payload)
    } else if (this.#state === 'greeting') this.#greeted(channel, payload)
  }

  #greeted(channel: number, payload: Buffer): void {
    const peer = channel === CHANNELS.hello ? readGreeting(payload) : `channel ${channel} before the greeting`
    const problem = typeof peer === 'string' ? peer : this.#owner.linkOnGreeted(this, peer)
    if (problem !== null) this.cut('bad', problem)
  }

  /** The peer that has greeted is the right one: the link is up. */
  accept(peer: Peer): void {
    this.#peer = peer
    this.#state = 'up'
    this.#timer?.cancel()
    this.#timer = null
    this.#reader.bytesMax = FRAME_BYTES_MAX
    if (this.called === null) this.#greet()
  }

  #greet(): void {
    this.#add(CHANNELS.hello, encodeGreeting(this.#owner.self))
  }

  #goDown(reason: UnlinkReason, problem: string): void {
    const down = { wasUp: this.#state === 'up', reason, problem, lostBytes: reason === 'ended' ? 0 : this.waitingBytes }
    this.#state = 'down'
    this.#timer?.cancel()
    this.#timer = null
    this.#reader.stop()
    this.#pieces = []
    this.#piecesBytes = 0
    this.#batch = null
    this.#batchBytes = 0
    this.#owner.linkOnDown(this, down)
  }

  #add(channel: number, payload: Uint8Array): void {
    const copied = payload.length <= COPIED_BYTES_MAX
    const bytes = FRAME_HEADER_BYTES + (copied ? payload.length : 0)
    if (this.#batch !== null && this.#batchBytes + bytes > BATCH_BYTES) this.#closeBatch()
    this.#batch ??= Buffer.allocUnsafeSlow(BATCH_BYTES)
    const start = writeLinkHeader(this.#batch, this.#batchBytes, channel, payload.length)
    if (copied) this.#batch.set(payload, start)
    this.#batchBytes += bytes
    if (!copied) {
      this.#closeBatch()
      this.#pieces.push(payload)
      this.#piecesBytes += payload.length
    }
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#flush)
  }

  readonly #flush = (): void => {
    this.#scheduled = false
    if (this.#state === 'down') return
    // Until the end of the turn a socket that has taken everything may still say that it needs to drain.
    if (this.#socket.writableLength === 0 || !this.#socket.writableNeedDrain) this.#write()
  }

  #closeBatch(): void {
    if (this.#batch === null) return
    this.#pieces.push(this.#batch.subarray(0, this.#batchBytes))
    this.#piecesBytes += this.#batchBytes
    this.#batch = null
    this.#batchBytes = 0
  }

  #write(): void {
    this.#closeBatch()
    const pieces = this.#pieces
    this.#pieces = []
    this.#piecesBytes = 0
    this.#socket.cork()
    for (const piece of pieces) this.#socket.write(piece)
    this.#socket.uncork()
  }
}
