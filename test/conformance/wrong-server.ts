/**
 * A small echo server that breaks one rule on purpose: the negative control of the suite. Without a fault it keeps the
 * rules that its control cases need. Owned by the test that starts it; ends with `close()`. Serves nothing else.
 */
import { isUtf8 } from 'node:buffer'
import { createServer, type Server, type Socket } from 'node:net'
import { encode, frame, OPCODE } from './frames.ts'
import { acceptOf } from './http-answer.ts'
import type { Target } from './wire-client.ts'

export type Fault =
  | 'none'
  | 'wrong accept key'
  | 'ignores reserved bits'
  | 'ignores reserved opcodes'
  | 'ignores UTF-8'
  | 'takes unmasked frames'
  | 'takes long lengths for short payloads'
  | 'takes fragmented control frames'
  | 'takes any close code'
  | 'masks its frames'
  | 'writes long lengths'
  | 'sets RSV1'
  | 'loses pongs'
  | 'answers the first ping only'
  | 'loses continuations'
  | 'loses the last byte'
  | 'sends text as binary'
  | 'echoes after close'
  | 'sends close twice'
  | 'leaves TCP open'
  | 'ends TCP without close'
  | 'closes with 1006'
  | 'resets on a violation'

class Violated {
  readonly code: number
  constructor(code: number) {
    this.code = code
  }
}

export async function startWrongServer(fault: Fault): Promise<{ target: Target; close(): Promise<void> }> {
  const sockets = new Set<Socket>()
  const server: Server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    serve(socket, fault)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    target: { host: '127.0.0.1', port, path: '/echo' },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

function serve(socket: Socket, fault: Fault): void {
  let bytes = Buffer.alloc(0)
  let open = false
  let closed = false
  let pings = 0
  let kind = 0
  let parts: Buffer[] = []

  const reply = (opcode: number, payload: Buffer): void => {
    if (fault === 'ends TCP without close' && opcode === OPCODE.close) return
    socket.write(
      encode(
        frame(opcode, payload, {
          rsv: fault === 'sets RSV1' ? 0x40 : 0,
          maskKey: fault === 'masks its frames' ? [1, 2, 3, 4] : null,
          lengthForm: fault === 'writes long lengths' ? '64 bit' : 'minimal',
        }),
      ),
    )
  }
  const end = (payload: Buffer): void => {
    if (closed) return
    closed = true
    reply(OPCODE.close, payload)
    if (fault === 'sends close twice') reply(OPCODE.close, payload)
    if (fault === 'echoes after close') setImmediate(() => socket.end())
    else if (fault !== 'leaves TCP open') socket.end()
  }
  const take = (opcode: number, fin: boolean, payload: Buffer): void => {
    if (opcode === OPCODE.close) {
      if (payload.length === 1) throw new Violated(1002)
      const code = payload.length === 0 ? 1000 : payload.readUInt16BE(0)
      if (code < 3000 && !(code >= 1000 && code <= 1003) && fault !== 'takes any close code') throw new Violated(1002)
      end(fault === 'closes with 1006' ? Buffer.from([0x03, 0xee]) : payload)
    } else if (opcode === OPCODE.ping) {
      pings++
      if (fault === 'loses pongs' || (fault === 'answers the first ping only' && pings > 1)) return
      reply(OPCODE.pong, payload)
    } else if (opcode < 3) {
      if (opcode !== 0) kind = opcode
      if (opcode === 0 && parts.length === 0) throw new Violated(1002)
      if (opcode === 0 && fault === 'loses continuations') parts.push(Buffer.alloc(0))
      else parts.push(payload)
      if (!fin) return
      const whole = Buffer.concat(parts)
      parts = []
      if (kind === OPCODE.text && fault !== 'ignores UTF-8' && !isUtf8(whole)) throw new Violated(1007)
      const sent = fault === 'loses the last byte' ? whole.subarray(0, -1) : whole
      reply(fault === 'sends text as binary' ? OPCODE.binary : kind, sent)
    }
  }
  const frames = (): void => {
    while (bytes.length >= 2 && (!closed || fault === 'echoes after close')) {
      const [first = 0, second = 0] = bytes
      const opcode = first & 0x0f
      const fin = (first & 0x80) !== 0
      const short = second & 0x7f
      const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0
      const masked = (second & 0x80) !== 0
      const start = 2 + lengthBytes + (masked ? 4 : 0)
      if (bytes.length < start) return
      const length = lengthBytes === 0 ? short : Number(BigInt(`0x${bytes.toString('hex', 2, 2 + lengthBytes)}`))
      if ((first & 0x70) !== 0 && fault !== 'ignores reserved bits') throw new Violated(1002)
      if (((opcode > 2 && opcode < 8) || opcode > 10) && fault !== 'ignores reserved opcodes') throw new Violated(1002)
      if (!masked && fault !== 'takes unmasked frames') throw new Violated(1002)
      if (lengthBytes > 0 && length < 126 && fault !== 'takes long lengths for short payloads') throw new Violated(1002)
      if (opcode > 7 && !fin && fault !== 'takes fragmented control frames') throw new Violated(1002)
      if (bytes.length < start + length) return
      const payload = Buffer.from(bytes.subarray(start, start + length))
      if (masked) {
        const key = bytes.subarray(start - 4, start)
        for (let index = 0; index < length; index++) payload[index] = payload[index]! ^ key[index & 3]!
      }
      bytes = bytes.subarray(start + length)
      take(opcode, fin, payload)
    }
  }
  socket.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, chunk])
    if (!open) {
      const head = bytes.toString('latin1')
      const key = /^sec-websocket-key: *(\S+)/im.exec(head)?.[1]
      if (!head.includes('\r\n\r\n') || key === undefined) return
      open = true
      bytes = bytes.subarray(head.indexOf('\r\n\r\n') + 4)
      const accept = acceptOf(fault === 'wrong accept key' ? `${key}x` : key)
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      )
    }
    try {
      frames()
    } catch (error) {
      if (!(error instanceof Violated)) throw error
      if (fault === 'resets on a violation') socket.resetAndDestroy()
      else end(Buffer.from([error.code >> 8, error.code & 0xff]))
    }
  })
}
