/**
 * A WebSocket client on a bare socket that can behave badly: half open, silent, cutting off. Made by a case, owned by it; ends with
 * `destroy()`. It never answers anything by itself but what a case tells it to.
 */
import { connect, type Socket } from 'node:net'
import { clientFrame } from '../support/wire.ts'

export const REQUEST_KEY = 'dGhlIHNhbXBsZSBub25jZQ=='

export function upgradeRequest(path: string, headers: readonly string[] = []): string {
  const fixed = ['Host: 127.0.0.1', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13']
  return `${[`GET ${path} HTTP/1.1`, ...fixed, `Sec-WebSocket-Key: ${REQUEST_KEY}`, ...headers].join('\r\n')}\r\n\r\n`
}

/** A frame of the server, as far as a raw peer looks at it. */
export interface ServerFrame {
  readonly opcode: number
  readonly payload: Buffer
}

export class RawPeer {
  readonly socket: Socket
  /** The status of the answer; 0 until it has come. */
  status = 0
  /** The server has sent FIN, or the socket is gone. */
  ended = false
  onAnswer: (status: number) => void = () => {}
  onFrame: (frame: ServerFrame) => void = () => {}
  onEnd: () => void = () => {}
  #bytes: Buffer = Buffer.alloc(0)

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    this.socket.on('error', () => {})
    this.socket.on('data', (chunk: Buffer) => this.#socketOnData(chunk))
    this.socket.on('end', () => this.#end())
    this.socket.on('close', () => this.#end())
  }

  write(bytes: string | Buffer): void {
    if (this.socket.writable) this.socket.write(bytes)
  }

  frame(opcode: number, payload: string | Buffer = ''): void {
    this.write(clientFrame({ opcode, payload }))
  }

  close(code: number, reason = ''): void {
    this.frame(8, Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]))
  }

  fin(): void {
    this.socket.end()
  }

  reset(): void {
    this.socket.resetAndDestroy()
  }

  /** Gives the descriptor back and forgets everything. */
  destroy(): void {
    this.onAnswer = this.onFrame = this.onEnd = () => {}
    this.socket.destroy()
  }

  #end(): void {
    if (this.ended) return
    this.ended = true
    this.onEnd()
  }

  #socketOnData(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk])
    if (this.status === 0) {
      const end = this.#bytes.indexOf('\r\n\r\n')
      if (end === -1) return
      this.status = Number(this.#bytes.toString('latin1', 9, 12))
      this.#bytes = this.#bytes.subarray(end + 4)
      this.onAnswer(this.status)
    }
    if (this.status === 101) this.#takeFrames()
    else this.#bytes = Buffer.alloc(0)
  }

  /** Unmasked, not compressed, at most 64 KiB: all that the servers of these tests send. */
  #takeFrames(): void {
    let bytes = this.#bytes
    while (bytes.length >= 2) {
      const short = (bytes[1] as number) & 0x7f
      const head = short < 126 ? 2 : short === 126 ? 4 : 10
      if (bytes.length < head) break
      const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
      if (bytes.length < head + length) break
      const opcode = (bytes[0] as number) & 0x0f
      const payload = bytes.subarray(head, head + length)
      bytes = bytes.subarray(head + length)
      this.onFrame({ opcode, payload })
    }
    this.#bytes = bytes
  }
}
