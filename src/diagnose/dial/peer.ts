/**
 * One WebSocket from the client's side: for the soak, which plays clients, and for the inspector of another process.
 *
 * It answers pings and close frames unless it has fallen silent. Owned by whoever made it, who hears of its end exactly once. Ends
 * by `close()` and the server's answer, by `reset()`, by `drop()`, by the server, by the network, and by `openMs` when it is not open
 * by then. Who closes sets the deadline for the answer.
 */
import { randomBytes } from 'node:crypto'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Clock, ClockTimer } from '../../base/clock.ts'
import { destroySocket, finishSocket, ownSocket, resetSocket, type SocketOwner } from '../../connection/socket.ts'
import { encodeClientFrame } from '../../protocol/client-frame.ts'
import { type ClientRequest, readAnswer, requestHead } from '../../protocol/client-handshake.ts'
import { BINARY, CLOSE, PING, PONG, TEXT } from '../../protocol/opcodes.ts'
import type { ReaderSink } from '../../protocol/reader-sink.ts'
import { ServerFrameReader } from '../../protocol/server-frame-reader.ts'
import type { Violation } from '../../protocol/violation.ts'
import { type DialTarget, requestOf } from './dial-target.ts'

/** How it ended. */
export type PeerEnd =
  /** The upgrade was answered with another status than 101. */
  | { readonly how: 'refused'; readonly status: number; readonly statusText: string }
  /** Never open: a code of the system such as ECONNREFUSED, or none, and what happened in words. */
  | { readonly how: 'failed'; readonly code: string; readonly problem: string }
  /** It was open. `code` is that of the server's close frame, 1006 without one. */
  | { readonly how: 'ended'; readonly code: number; readonly reason: string; readonly problem: string }

export interface PeerOwner {
  peerOnOpen(): void
  /** A string for text, a Buffer for binary. */
  peerOnMessage(message: string | Buffer): void
  peerOnPong(): void
  /** The descriptor is back. Called once, and nothing follows. */
  peerOnEnd(end: PeerEnd): void
}

export interface PeerSurroundings {
  readonly clock: Clock
  /** Not open by then, it has failed. */
  readonly openMs: number
  readonly messageBytesMax: number
}

const HEAD_BYTES_MAX = 16 * 1024
const HEAD_END = '\r\n\r\n'
const NORMAL = 1000

export class Peer implements SocketOwner, ReaderSink {
  readonly #owner: PeerOwner
  readonly #request: ClientRequest
  /** What is written to, and what is beneath it: the same without TLS. */
  readonly #socket: Socket
  readonly #raw: Socket
  readonly #reader: ServerFrameReader
  #timer: ClockTimer | null
  #head = ''
  #state: 'opening' | 'open' | 'gone' = 'opening'
  #silent = false
  #end: PeerEnd = { how: 'failed', code: '', problem: 'the connection was closed before it was open' }

  constructor(target: DialTarget, owner: PeerOwner, { clock, openMs, messageBytesMax }: PeerSurroundings) {
    this.#owner = owner
    this.#request = requestOf(target)
    this.#reader = new ServerFrameReader(this, messageBytesMax)
    const { host, port, secure, anyCertificate } = target
    this.#raw = connectTcp({ host, port, noDelay: true })
    this.#socket = secure
      ? connectTls({
          ...{ socket: this.#raw, ALPNProtocols: ['http/1.1'], rejectUnauthorized: !anyCertificate },
          ...(isIP(host) === 0 && { servername: host }),
        })
      : this.#raw
    // Of TLS the upper socket tells.
    if (secure) this.#raw.on('error', () => {})
    this.#timer = clock.after(openMs, () => this.#fail('', `it was not open after ${openMs} ms`))
    ownSocket(this.#socket, this)
    this.#socket.write(requestHead(this.#request))
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /** Bytes that the socket has not taken yet. */
  get waitingBytes(): number {
    return this.#socket.writableLength
  }

  send(message: string | Uint8Array): void {
    this.#write(typeof message === 'string' ? TEXT : BINARY, message)
  }

  ping(): void {
    this.#write(PING, '')
  }

  /** Says goodbye; the server answers and closes. */
  close(): void {
    this.#write(CLOSE, Buffer.from([NORMAL >> 8, NORMAL & 0xff]))
  }

  /** From now on it says nothing, not even what the protocol asks for; the descriptor stays until the server lets go. */
  fallSilent(): void {
    this.#silent = true
  }

  /** Leaves with a reset. */
  reset(): void {
    if (this.#socket !== this.#raw) destroySocket(this.#socket)
    resetSocket(this.#raw)
  }

  /** Lets go at once. */
  drop(): void {
    destroySocket(this.#socket)
  }

  /** Reads no more until `resume()`: what comes waits in the kernel. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  socketOnData(chunk: Buffer): void {
    if (this.#state === 'open') this.#reader.read(chunk)
    else if (this.#state === 'opening') this.#headCame(chunk)
  }

  socketOnDrain(): void {}

  socketOnEnd(): void {
    finishSocket(this.#socket)
  }

  socketOnError({ code = '', message }: NodeJS.ErrnoException): void {
    if (this.#state === 'opening') this.#end = { how: 'failed', code, problem: message }
    else if (this.#end.how === 'ended' && this.#end.code === 1006) this.#end = { ...this.#end, problem: message }
  }

  socketOnClose(): void {
    if (this.#state === 'gone') return
    this.#state = 'gone'
    this.#timer?.cancel()
    this.#reader.stop()
    this.#owner.peerOnEnd(this.#end)
  }

  readerOnMessage(message: string | Buffer): void {
    if (!this.#silent) this.#owner.peerOnMessage(message)
  }

  readerOnPing(payload: Buffer): void {
    if (!this.#silent) this.#write(PONG, payload)
  }

  readerOnPong(): void {
    if (!this.#silent) this.#owner.peerOnPong()
  }

  readerOnClose(code: number, reason: string): void {
    this.#end = { how: 'ended', code, reason, problem: '' }
    if (this.#silent) return
    this.close()
    finishSocket(this.#socket)
  }

  readerOnViolation({ reason }: Violation): void {
    this.#end = { how: 'ended', code: 1006, reason: '', problem: `the server broke the protocol: ${reason}` }
    this.drop()
  }

  #headCame(chunk: Buffer): void {
    // One byte is one character, so places in the text are places in the bytes.
    const before = this.#head.length
    this.#head += chunk.toString('latin1')
    const end = this.#head.indexOf(HEAD_END)
    if (end === -1) {
      if (this.#head.length > HEAD_BYTES_MAX) this.#fail('', 'the answer to the upgrade has no end')
      return
    }
    const answer = readAnswer(this.#head.slice(0, end), this.#request)
    this.#head = ''
    if (answer === null) this.#fail('', 'what answers does not speak HTTP')
    else if (answer.status !== 101) this.#refused(answer.status, answer.statusText)
    else if (answer.fault !== null) this.#fail('', `its 101 is wrong: ${answer.fault}`)
    else this.#opened(chunk.subarray(end + HEAD_END.length - before))
  }

  #opened(rest: Buffer): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#state = 'open'
    this.#end = { how: 'ended', code: 1006, reason: '', problem: '' }
    this.#owner.peerOnOpen()
    if (rest.length > 0) this.#reader.read(rest)
  }

  #refused(status: number, statusText: string): void {
    this.#end = { how: 'refused', status, statusText }
    this.drop()
  }

  #fail(code: string, problem: string): void {
    this.#end = { how: 'failed', code, problem }
    this.drop()
  }

  #write(opcode: number, payload: string | Uint8Array): void {
    if (this.#state !== 'open' || !this.#socket.writable) return
    this.#socket.write(encodeClientFrame(opcode, payload, randomBytes(4).readInt32BE()))
  }
}
