/**
 * The lane: what two workers say to each other while connections move from one to the other. Frames with four bytes length and
 * one byte kind; with one kind comes a handle. A handle that comes to a process without descriptors is lost, and with the next
 * bytes may come the next handle; so the frame says whose socket it is, and gets that one or none.
 *
 * Owned by one end of a handoff; ends with `end()`, with the other process, or with a frame that makes no sense.
 */
import { closeHandle } from '../connection/raw-handle.ts'
import { endsOf, type HandlePipe, type PipeOwner } from './raw-handles.ts'

/** What is said, by whom: old or new worker. */
export const LANE = {
  /** Old: these connections will come, and get this of what is published. Once more: they get more than was said. */
  expect: 1,
  /** New: what is published to them from now on is kept. */
  expected: 2,
  /** Old: a piece of the state of a connection. */
  state: 3,
  /** Old: that was all of it, and here is the handle. To the owner only the id. */
  arrives: 4,
  /** New: these are here, and not served yet. */
  adopted: 5,
  /** New: it is not here, and never will be. */
  refused: 6,
  /** Old: these are yours. */
  commit: 7,
  /** Old: give these up. */
  abandon: 8,
  /** New: given up, or never seen; never will be. */
  abandoned: 9,
  /** Old: these were announced, and do not come now. */
  forget: 10,
  /** Old: that was all for now; what is here is to be answered. */
  sent: 11,
} as const

const HEADER_BYTES = 5
/** A longer state goes in pieces. */
export const PIECE_BYTES_MAX = 512 * 1024
const FRAME_BYTES_MAX = 8 * 1024 * 1024

export interface LaneOwner {
  /** A payload is only lent. `handle` is that of an `arrives`, or null: it did not come with it. */
  laneOnFrame(kind: number, payload: Buffer, handle: object | null): void
  /** Nothing comes or goes any more. Called once. */
  laneOnEnd(problem: string): void
}

export class Lane implements PipeOwner {
  readonly #pipe: HandlePipe
  #owner: LaneOwner | null = null
  /** Read, but not a whole frame. */
  #rest: Buffer[] = []
  #restBytes = 0
  /** How many bytes there have to be before it is worth a look. */
  #wantedBytes = HEADER_BYTES
  /** Came, and their frame has not. Each is taken by its frame, or closed when that of a later one comes, or at the end. */
  #handles: { readonly handle: object; readonly ends: string | null }[] = []
  #problem = ''

  constructor(pipe: HandlePipe) {
    this.#pipe = pipe
  }

  /** Reads from now on. */
  begin(owner: LaneOwner): void {
    this.#owner = owner
    this.#pipe.listen(this)
  }

  get ended(): boolean {
    return this.#pipe.closed
  }

  /** Does the other worker hear what is said? False also a little before the end. */
  get heard(): boolean {
    return this.#pipe.heard
  }

  /** Bytes that the kernel has not taken. */
  get waitingBytes(): number {
    return this.#pipe.waitingBytes
  }

  send(kind: number, payload: Uint8Array): void {
    this.#pipe.send(laneFrame(kind, payload))
  }

  sendJson(kind: number, value: unknown): void {
    this.send(kind, Buffer.from(JSON.stringify(value)))
  }

  /** The whole state of a connection, with its handle. */
  sendState(id: string, state: Uint8Array, handle: object): void {
    const pieces: Buffer[] = []
    for (let at = 0; at < state.length; at += PIECE_BYTES_MAX) {
      pieces.push(laneFrame(LANE.state, named(id, state.subarray(at, at + PIECE_BYTES_MAX))))
    }
    const last = laneFrame(LANE.arrives, named(id, Buffer.from(endsOf(handle) ?? '')))
    this.#pipe.send(Buffer.concat([...pieces, last]), handle)
  }

  end(problem = ''): void {
    this.#problem ||= problem
    this.#pipe.close()
  }

  pipeOnData(chunk: Buffer, handle: object | null): void {
    if (handle !== null) this.#handles.push({ handle, ends: endsOf(handle) })
    this.#rest.push(chunk)
    this.#restBytes += chunk.length
    if (this.#restBytes < this.#wantedBytes) return
    const bytes = this.#rest.length === 1 ? chunk : Buffer.concat(this.#rest)
    const at = this.#frames(bytes)
    this.#rest = at === bytes.length ? [] : [bytes.subarray(at)]
    this.#restBytes = bytes.length - at
  }

  pipeOnEnd(): void {
    this.#rest = []
    for (const { handle } of this.#handles) closeHandle(handle)
    this.#handles = []
    const owner = this.#owner
    this.#owner = null
    owner?.laneOnEnd(this.#problem)
  }

  /** Hands out whole frames; returns where the first that is not whole begins. */
  #frames(bytes: Buffer): number {
    let at = 0
    for (;;) {
      this.#wantedBytes = HEADER_BYTES
      if (bytes.length - at < HEADER_BYTES) return at
      const length = bytes.readUInt32BE(at)
      if (length > FRAME_BYTES_MAX) {
        this.end(`a frame of ${length} bytes`)
        return bytes.length
      }
      const end = at + HEADER_BYTES + length
      if (bytes.length < end) {
        this.#wantedBytes = end - at
        return at
      }
      const kind = bytes[at + 4] as number
      const payload = bytes.subarray(at + HEADER_BYTES, end)
      if (kind === LANE.arrives) this.#arrives(payload)
      else this.#owner?.laneOnFrame(kind, payload, null)
      at = end
    }
  }

  #arrives(payload: Buffer): void {
    const { id, piece } = readPiece(payload)
    const ends = piece.toString()
    const found = this.#handles.findIndex((one) => one.ends === ends)
    // Handles come in the order of their frames: what was before it is nobody's.
    const [handle = null, ...passed] = this.#handles.splice(0, found + 1).reverse()
    for (const one of passed) closeHandle(one.handle)
    this.#owner?.laneOnFrame(LANE.arrives, Buffer.from(id), handle?.handle ?? null)
  }
}

function laneFrame(kind: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + payload.length)
  frame.writeUInt32BE(payload.length, 0)
  frame[4] = kind
  frame.set(payload, HEADER_BYTES)
  return frame
}

/** An id, and bytes behind it. */
function named(id: string, piece: Uint8Array): Buffer {
  const name = Buffer.from(id)
  return Buffer.concat([Buffer.from([name.length]), name, piece])
}

/** What `sendState` has put in front of a piece, and the piece. */
export function readPiece(payload: Buffer): { readonly id: string; readonly piece: Buffer } {
  const end = 1 + (payload[0] ?? 0)
  return { id: payload.toString('utf8', 1, end), piece: payload.subarray(end) }
}
