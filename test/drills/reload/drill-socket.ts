/**
 * A WebSocket client that is told what bytes to send: messages whole, in fragments, in pieces of a frame, compressed. It reads
 * what a server sends in whole frames, answers pings, and tells how it ended.
 *
 * Owned by the process of the clients; ends with `leave()`, or when the other side ends it.
 */
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { deflateRawSync, inflateRawSync, constants as zlib } from 'node:zlib'
import { clientFrame } from '../../support/wire.ts'

/** How a message goes out. In all but `whole` and `deflate` there is time between its pieces. */
export const SHAPES = ['whole', 'fragments', 'held', 'deflate'] as const
export type Shape = (typeof SHAPES)[number]
/** Of clients, each of one shape, in turn. */
export type Mix = Shape | 'mixed'

export interface DrillSocketOwner {
  onText(text: string): void
  /** It has ended, not by `leave()`. With 1006 when there was no close frame. */
  onEnd(code: number, reason: string): void
}

const OPEN_DEADLINE_MS = 60_000
const OFFER = 'permessage-deflate; client_no_context_takeover; server_no_context_takeover'
const TAIL = Buffer.from([0, 0, 0xff, 0xff])

/** In how many pieces at most a message goes out. */
export function piecesIn(shape: Mix): number {
  return shape === 'fragments' || shape === 'mixed' ? 3 : shape === 'held' ? 2 : 1
}

/** The shape of the messages of one client. */
export function shapeOf(mix: Mix, client: number): Shape {
  return mix === 'mixed' ? (SHAPES[client % SHAPES.length] as Shape) : mix
}

/** The pieces of a message. @param cut says where the pieces of a `held` frame meet: anywhere, its header included */
export function piecesOf(text: string, shape: Shape, cut: number): Buffer[] {
  const payload = Buffer.from(text)
  if (shape === 'whole') return [clientFrame({ opcode: 1, payload })]
  if (shape === 'held') {
    const frame = clientFrame({ opcode: 1, payload })
    const at = 1 + (cut % (frame.length - 1))
    return [frame.subarray(0, at), frame.subarray(at)]
  }
  if (shape === 'fragments') {
    const third = Math.ceil(payload.length / 3)
    return [0, 1, 2].map((part) =>
      clientFrame({
        ...{ opcode: part === 0 ? 1 : 0, fin: part === 2 },
        payload: payload.subarray(part * third, (part + 1) * third),
      }),
    )
  }
  const packed = deflateRawSync(payload, { finishFlush: zlib.Z_SYNC_FLUSH })
  return [clientFrame({ opcode: 1, rsv: 4, payload: packed.subarray(0, -4) })]
}

export class DrillSocket {
  readonly #socket: Socket
  readonly #owner: DrillSocketOwner
  #rest: Buffer = Buffer.alloc(0)
  #opened: (() => void) | null
  #failed: (error: Error) => void
  #ending: readonly [number, string] = [1006, '']
  #left = false
  #midFrame = false
  /** Wait for the end of a frame. At most a few: the server pings once in an interval. */
  readonly #pongs: Buffer[] = []

  /** Resolves when it is open. @throws with what came instead of a 101 */
  static open(url: URL, shape: Shape, owner: DrillSocketOwner): Promise<DrillSocket> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => made.#fail(new Error('no answer to an upgrade')), OPEN_DEADLINE_MS)
      const made = new DrillSocket(
        url,
        ...[shape, owner],
        () => {
          clearTimeout(late)
          resolve(made)
        },
        (error) => {
          clearTimeout(late)
          reject(error)
        },
      )
    })
  }

  private constructor(
    url: URL,
    shape: Shape,
    owner: DrillSocketOwner,
    opened: () => void,
    failed: (error: Error) => void,
  ) {
    this.#owner = owner
    this.#opened = opened
    this.#failed = failed
    const socket = connect({ host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 80), noDelay: true })
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => {
      if (this.#opened !== null) this.#fail(new Error('closed without an answer'))
      else if (!this.#left) owner.onEnd(...this.#ending)
    })
    const lines = [
      `GET ${url.pathname}${url.search} HTTP/1.1`,
      `Host: ${url.host}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      ...(shape === 'deflate' ? [`Sec-WebSocket-Extensions: ${OFFER}`] : []),
    ]
    socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  }

  get localPort(): number {
    return this.#socket.localPort ?? 0
  }

  /** @param midFrame the frame goes on in the next piece: nothing else may be sent before that */
  send(piece: Buffer, midFrame = false): void {
    if (!this.#socket.writable) return
    this.#socket.write(piece)
    this.#midFrame = midFrame
    if (midFrame) return
    for (const pong of this.#pongs.splice(0)) this.#socket.write(pong)
  }

  /** A whole message. */
  say(text: string): void {
    for (const piece of piecesOf(text, 'whole', 0)) this.send(piece)
  }

  /** Reads nothing more, so that the other side finds its way barred. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** Says goodbye; `onEnd` is not called. */
  leave(): void {
    this.#left = true
    this.#socket.end(clientFrame({ opcode: 8, payload: Buffer.from([0x03, 0xe8]) }))
    this.#socket.unref()
  }

  #fail(error: Error): void {
    if (this.#opened !== null) {
      this.#opened = null
      this.#left = true
      this.#failed(error)
    }
    this.#socket.destroy()
  }

  #read(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    if (this.#opened !== null && !this.#readHead()) return
    for (;;) {
      const [first = 0, second = 0] = this.#rest
      if (this.#rest.length < 2) return
      const extra = second < 126 ? 0 : second === 126 ? 2 : 8
      if (this.#rest.length < 2 + extra) return
      const length =
        extra === 0 ? second : extra === 2 ? this.#rest.readUInt16BE(2) : Number(this.#rest.readBigUInt64BE(2))
      const end = 2 + extra + length
      if (this.#rest.length < end) return
      const payload = this.#rest.subarray(2 + extra, end)
      this.#rest = this.#rest.subarray(end)
      this.#frame(first, payload)
    }
  }

  /** True when the answer is whole, and a 101. */
  #readHead(): boolean {
    const end = this.#rest.indexOf('\r\n\r\n')
    if (end === -1) return false
    const head = this.#rest.toString('latin1', 0, end)
    this.#rest = this.#rest.subarray(end + 4)
    if (!head.startsWith('HTTP/1.1 101 ')) {
      this.#fail(new Error(`wanted 101, got ${head.split('\r\n')[0]}`))
      return false
    }
    const opened = this.#opened
    this.#opened = null
    opened?.()
    return true
  }

  #frame(first: number, payload: Buffer): void {
    const opcode = first & 0x0f
    if (opcode === 1) {
      const packed = (first & 0x40) !== 0
      const plain = packed
        ? inflateRawSync(Buffer.concat([payload, TAIL]), { finishFlush: zlib.Z_SYNC_FLUSH })
        : payload
      this.#owner.onText(plain.toString())
    } else if (opcode === 9) {
      const pong = clientFrame({ opcode: 10, payload })
      if (this.#midFrame) this.#pongs.push(pong)
      else this.send(pong)
    } else if (opcode === 8) {
      if (payload.length >= 2) this.#ending = [payload.readUInt16BE(), payload.toString('utf8', 2)]
      if (this.#midFrame) this.#socket.end()
      else this.#socket.end(clientFrame({ opcode: 8, payload: payload.subarray(0, 2) }))
    }
  }
}
