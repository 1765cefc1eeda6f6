/**
 * A client that does exactly what a test says: raw bytes out, answer head and frames in.
 * Made by `connectRaw` or `openRaw`; ends with `destroy()`, which a test context calls for it.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { until, within } from './deadline.ts'
import { clientFrame, type FrameShape } from './wire.ts'

export interface ServerFrame {
  readonly first: number
  readonly opcode: number
  readonly payload: Buffer
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Headers of an upgrade request; undefined leaves one out. */
export type RequestHeaders = Readonly<Record<string, string | undefined>>

export function upgradeText(path: string, headers: RequestHeaders = {}, start?: string): string {
  const all: Record<string, string | undefined> = {
    Host: 'localhost',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    ...headers,
  }
  const lines = Object.entries(all).filter((line): line is [string, string] => line[1] !== undefined)
  return `${start ?? `GET ${path} HTTP/1.1`}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}

export class RawClient {
  readonly socket: Socket
  readonly #chunks: Buffer[] = []
  /** The peer has sent FIN or the socket has closed. */
  ended = false
  closed = false

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => this.#chunks.push(chunk))
    socket.on('end', () => {
      this.ended = true
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.closed = true
    })
  }

  get received(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(bytes)
  }

  frame(shape: FrameShape): void {
    this.socket.write(clientFrame(shape))
  }

  text(payload: string): void {
    this.frame({ opcode: 1, payload })
  }

  closeFrame(code: number, reason = ''): void {
    const payload = Buffer.alloc(2 + Buffer.byteLength(reason))
    payload.writeUInt16BE(code)
    payload.write(reason, 2)
    this.frame({ opcode: 8, payload })
  }

  /** The answer, once it is whole. */
  async answer(): Promise<Answer> {
    const whole = (): boolean => {
      const text = this.received.toString('latin1')
      const end = text.indexOf('\r\n\r\n')
      if (end === -1) return false
      const length = /^content-length: (\d+)/im.exec(text.slice(0, end))
      return text.length >= end + 4 + Number(length?.[1] ?? 0)
    }
    await until('an answer', () => whole() || this.closed)
    if (!whole())
      throw new Error(`the socket closed without an answer; it got ${JSON.stringify(this.received.toString('latin1'))}`)
    const text = this.received.toString('latin1')
    const end = text.indexOf('\r\n\r\n')
    const [start = '', ...lines] = text.slice(0, end).split('\r\n')
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    )
    return { status: Number(start.split(' ')[1]), headers, body: text.slice(end + 4) }
  }

  /** All whole frames so far. */
  get frames(): ServerFrame[] {
    const bytes = this.received
    const frames: ServerFrame[] = []
    let at = bytes.indexOf('\r\n\r\n') + 4
    if (at < 4) return frames
    while (at + 2 <= bytes.length) {
      const first = bytes[at]!
      let length = bytes[at + 1]! & 0x7f
      let start = at + 2
      if (length === 126) {
        if (start + 2 > bytes.length) break
        length = bytes.readUInt16BE(start)
        start += 2
      } else if (length === 127) {
        if (start + 8 > bytes.length) break
        length = Number(bytes.readBigUInt64BE(start))
        start += 8
      }
      if (start + length > bytes.length) break
      frames.push({ first, opcode: first & 0x0f, payload: bytes.subarray(start, start + length) })
      at = start + length
    }
    return frames
  }

  get texts(): string[] {
    return this.frames.filter((frame) => frame.opcode === 1).map((frame) => frame.payload.toString())
  }

  async nextTexts(count: number): Promise<string[]> {
    await until(`${count} texts`, () => this.texts.length >= count || this.closed)
    return this.texts
  }

  /** Code and reason of the server's close frame. */
  async closeCode(): Promise<{ code: number; reason: string }> {
    const find = (): ServerFrame | undefined => this.frames.find((frame) => frame.opcode === 8)
    await until('a close frame', () => find() !== undefined || this.closed)
    const frame = find()
    if (frame === undefined) return { code: 1006, reason: '' }
    if (frame.payload.length < 2) return { code: 1005, reason: '' }
    return { code: frame.payload.readUInt16BE(), reason: frame.payload.subarray(2).toString() }
  }

  async gone(): Promise<void> {
    if (!this.closed) await within('the socket to close', once(this.socket, 'close'))
  }

  destroy(): void {
    this.socket.destroy()
  }
}

/** A TCP connection, nothing sent yet. */
export async function connectRaw(t: TestContext, port: number, allowHalfOpen = false): Promise<RawClient> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen })
  socket.setNoDelay(true)
  t.after(() => socket.destroy())
  const client = new RawClient(socket)
  await within('a TCP connection', once(socket, 'connect'))
  return client
}

/** An open WebSocket. */
export async function openRaw(
  t: TestContext,
  port: number,
  path = '/',
  headers: RequestHeaders = {},
): Promise<RawClient> {
  const client = await connectRaw(t, port)
  client.write(upgradeText(path, headers))
  const { status, body } = await client.answer()
  if (status !== 101) throw new Error(`wanted 101, got ${status} ${body}`)
  return client
}
