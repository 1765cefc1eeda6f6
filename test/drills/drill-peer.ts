/**
 * One client of a drill: a socket, the frames that come, and what is known about them. It answers pings and close frames
 * unless told otherwise. Owned by drill-peers.ts; ends with its socket.
 */
import { connect, type Socket } from 'node:net'
import { clientFrame } from '../support/wire.ts'

const TEXT = 1
const CLOSE = 8
const PING = 9
const PONG = 10
const OPENED = Buffer.from('\r\n\r\n')

export interface PeerOptions {
  readonly host: string
  readonly port: number
  readonly path: string
  readonly localAddress?: string
  readonly answers: boolean
  /** Does it keep the last number of each key? Costs memory and time: for the slow ones. */
  readonly keyed: boolean
}

export class DrillPeer {
  readonly socket: Socket
  readonly #options: PeerOptions
  #open = false
  #rest: Buffer | null = null
  pings = 0
  texts = 0
  /** The number of the first and the last message; 0 for none. */
  first = 0
  last = 0
  /** Messages that were left out, and messages that came behind a later one. */
  missing = 0
  backwards = 0
  closeCode = 1006
  /** The last number of each key. Bounded by the keys of the drill. */
  readonly lastByKey = new Map<string, number>()
  backwardsInKey = 0

  constructor(options: PeerOptions, onOpen: () => void, onGone: () => void) {
    this.#options = options
    const { host, port, localAddress } = options
    this.socket = connect({ host, port, ...(localAddress !== undefined && { localAddress }) })
    this.socket.setNoDelay(true)
    this.socket.on('connect', () => this.socket.write(this.#request()))
    this.socket.on('data', (chunk: Buffer) => {
      const wasOpen = this.#open
      this.#read(chunk)
      if (!wasOpen && this.#open) onOpen()
    })
    this.socket.on('error', () => {})
    this.socket.on('close', onGone)
  }

  say(text: string): void {
    this.socket.write(clientFrame({ opcode: TEXT, payload: text }))
  }

  close(): void {
    this.socket.write(clientFrame({ opcode: CLOSE, payload: Buffer.from([0x03, 0xe8]) }))
  }

  #request(): string {
    const { host, port, path } = this.#options
    const key = 'dGhlIHNhbXBsZSBub25jZQ=='
    const head = [`GET ${path} HTTP/1.1`, `Host: ${host}:${port}`, 'Upgrade: websocket', 'Connection: Upgrade']
    return [...head, 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${key}`, '', ''].join('\r\n')
  }

  #read(chunk: Buffer): void {
    let bytes = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk])
    this.#rest = null
    if (!this.#open) {
      const end = bytes.indexOf(OPENED)
      if (end === -1 || !bytes.toString('latin1', 0, 13).startsWith('HTTP/1.1 101')) {
        this.#rest = bytes
        return
      }
      this.#open = true
      bytes = bytes.subarray(end + OPENED.length)
    }
    let at = 0
    for (;;) {
      const start = at + headBytes(bytes, at)
      const length = start <= bytes.length ? payloadBytes(bytes, at) : 0
      if (start > bytes.length || start + length > bytes.length) break
      this.#frame((bytes[at] as number) & 0x0f, bytes.subarray(start, start + length))
      at = start + length
    }
    if (at < bytes.length) this.#rest = bytes.subarray(at)
  }

  #frame(opcode: number, payload: Buffer): void {
    const { answers } = this.#options
    if (opcode === TEXT) this.#text(payload)
    else if (opcode === PING) {
      this.pings++
      if (answers) this.socket.write(clientFrame({ opcode: PONG, payload }))
    } else if (opcode === CLOSE) {
      this.closeCode = payload.length < 2 ? 1005 : payload.readUInt16BE()
      if (answers && !this.socket.writableEnded) this.socket.end(clientFrame({ opcode: CLOSE, payload }))
    }
  }

  #text(payload: Buffer): void {
    this.texts++
    const [numberText, key] = payload.toString('latin1', 0, 40).split(' ', 3)
    const number = Number(numberText)
    if (!(number > 0)) return
    if (this.first === 0) this.first = number
    else if (number <= this.last) this.backwards++
    else this.missing += number - this.last - 1
    this.last = Math.max(this.last, number)
    if (!this.#options.keyed || key === undefined) return
    if (number <= (this.lastByKey.get(key) ?? 0)) this.backwardsInKey++
    this.lastByKey.set(key, number)
  }
}

function headBytes(bytes: Buffer, at: number): number {
  const short = (bytes[at + 1] ?? 0) & 0x7f
  return at + 2 > bytes.length ? 2 : short === 126 ? 4 : short === 127 ? 10 : 2
}

function payloadBytes(bytes: Buffer, at: number): number {
  const short = (bytes[at + 1] as number) & 0x7f
  if (short === 126) return bytes.readUInt16BE(at + 2)
  return short === 127 ? Number(bytes.readBigUInt64BE(at + 2)) : short
}
