/**
 * Reads the frames of a server, client side (RFC 6455 section 5): however the stream is split, out come whole messages, control
 * frames and at most one violation, by calls to the sink. No extension: what a server may not use is refused.
 *
 * Owned by one socket. Ends with `stop()`, a close frame or a violation; then it holds and delivers nothing.
 */
import { readClosePayload } from './close-payload.ts'
import { BINARY, CLOSE, CONTINUATION, CONTROL_BYTES_MAX, isControl, PING, PONG, TEXT } from './opcodes.ts'
import type { ReaderSink } from './reader-sink.ts'
import type { Violation } from './violation.ts'

const HEADER_BYTES_MAX = 10
const HIGH = 0x1_0000_0000

/** Nobody is answered with it: a server that breaks the protocol is left. */
const wrong = (reason: string): Violation => ({ code: 1002, reason })

export class ServerFrameReader {
  readonly #sink: ReaderSink
  readonly #messageBytesMax: number
  #stopped = false
  readonly #header: Buffer = Buffer.alloc(HEADER_BYTES_MAX)
  #headerBytes = 0
  /** Of the payload under way; -1 between two frames. */
  #remaining = -1
  #payload: Buffer[] = []
  /** The message under way: its opcode, 0 for none, and what it has. */
  #opcode = 0
  #message: Buffer[] = []
  #messageBytes = 0

  constructor(sink: ReaderSink, messageBytesMax: number) {
    this.#sink = sink
    this.#messageBytesMax = messageBytesMax
  }

  read(chunk: Buffer): void {
    let at = 0
    while (!this.#stopped && at < chunk.length) {
      if (this.#remaining === -1) {
        this.#header[this.#headerBytes++] = chunk[at++] as number
        this.#headerCame()
      } else {
        const end = Math.min(chunk.length, at + this.#remaining)
        this.#payload.push(chunk.subarray(at, end))
        this.#remaining -= end - at
        at = end
        if (this.#remaining === 0) this.#frameCame()
      }
    }
  }

  stop(): void {
    this.#stopped = true
    this.#payload = []
    this.#message = []
  }

  #headerCame(): void {
    if (this.#headerBytes < 2) return
    const header = this.#header
    const [first, second] = [header[0] as number, header[1] as number]
    const short = second & 0x7f
    const size = short < 126 ? 2 : short === 126 ? 4 : HEADER_BYTES_MAX
    if (this.#headerBytes < size) return
    const far = size === HEADER_BYTES_MAX ? header.readUInt32BE(2) * HIGH + header.readUInt32BE(6) : short
    const length = size === 4 ? header.readUInt16BE(2) : far
    const violation = this.#wrongWith(first, second, length)
    if (violation !== null) {
      this.#violate(violation)
      return
    }
    this.#headerBytes = 0
    this.#remaining = length
    if (length === 0) this.#frameCame()
  }

  #wrongWith(first: number, second: number, length: number): Violation | null {
    const opcode = first & 0x0f
    const isData = opcode === TEXT || opcode === BINARY
    if ((first & 0x70) !== 0) return wrong('reserved bits without a negotiated extension')
    if ((second & 0x80) !== 0) return wrong('frame from a server is masked')
    if (isControl(opcode)) {
      if (opcode > PONG) return wrong('reserved opcode')
      const isShort = (first & 0x80) !== 0 && length <= CONTROL_BYTES_MAX
      return isShort ? null : wrong('control frame that is fragmented or over 125 bytes')
    }
    if (!isData && opcode !== CONTINUATION) return wrong('reserved opcode')
    if (isData !== (this.#opcode === 0)) return wrong('a message within another, or none to continue')
    if (this.#messageBytes + length > this.#messageBytesMax) return wrong('message is too long')
    return null
  }

  #frameCame(): void {
    const first = this.#header[0] as number
    const opcode = first & 0x0f
    const pieces = this.#payload
    this.#payload = []
    this.#remaining = -1
    if (isControl(opcode)) {
      this.#controlCame(opcode, joined(pieces))
      return
    }
    if (opcode !== CONTINUATION) this.#opcode = opcode
    for (const piece of pieces) {
      this.#message.push(piece)
      this.#messageBytes += piece.length
    }
    if ((first & 0x80) === 0) return
    const isText = this.#opcode === TEXT
    const whole = joined(this.#message)
    this.#opcode = 0
    this.#message = []
    this.#messageBytes = 0
    this.#sink.readerOnMessage(isText ? whole.toString('utf8') : whole)
  }

  #controlCame(opcode: number, payload: Buffer): void {
    if (opcode === PING) this.#sink.readerOnPing(payload)
    else if (opcode === PONG) this.#sink.readerOnPong(payload)
    else if (opcode === CLOSE) {
      this.stop()
      const { code, reason, violation } = readClosePayload(payload)
      if (violation === null) this.#sink.readerOnClose(code, reason)
      else this.#sink.readerOnViolation(violation)
    }
  }

  #violate(violation: Violation): void {
    this.stop()
    this.#sink.readerOnViolation(violation)
  }
}

function joined(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
}
