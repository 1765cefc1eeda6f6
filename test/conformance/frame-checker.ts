/**
 * Reads what a server sends and accepts nothing that RFC 6455 forbids a server: masked frames, reserved bits without an
 * extension, lengths that are not minimal, unknown opcodes, wrong fragmentation, bad close frames, text that is not UTF-8.
 * Owned by one WireClient; ends with it. Never repairs or skips anything: the first violation throws.
 */
import { isUtf8 } from 'node:buffer'
import { OPCODE, RSV } from './frames.ts'

export type Received =
  | { readonly kind: 'text' | 'binary'; readonly payload: Buffer; readonly compressed: boolean }
  | { readonly kind: 'ping' | 'pong'; readonly payload: Buffer }
  | { readonly kind: 'close'; readonly code: number | null; readonly reason: string }

/** A rule that the server broke. */
export class ServerViolation extends Error {
  override readonly name = 'ServerViolation'
}

interface Head {
  readonly fin: boolean
  readonly rsv: number
  readonly opcode: number
  readonly headBytes: number
  readonly payloadBytes: number
}

interface Unfinished {
  readonly kind: 'text' | 'binary'
  readonly compressed: boolean
  readonly parts: Buffer[]
}

export class FrameChecker {
  readonly #inflate: ((payload: Buffer) => Buffer) | null
  #chunks: Buffer[] = []
  #bytes = 0
  #unfinished: Unfinished | null = null
  #closed = false

  /** `inflate` is given when permessage-deflate was agreed; only then may the first frame of a message carry RSV1. */
  constructor(inflate: ((payload: Buffer) => Buffer) | null) {
    this.#inflate = inflate
  }

  /** Is a frame or message half received? A server may not end TCP there after a clean close. */
  get halfway(): boolean {
    return this.#bytes > 0 || this.#unfinished !== null
  }

  /** Takes bytes in and returns what they complete. Throws ServerViolation. */
  push(chunk: Buffer): Received[] {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    const received: Received[] = []
    for (;;) {
      const head = this.#head()
      if (head === null || this.#bytes < head.headBytes + head.payloadBytes) return received
      const all = this.#joined()
      const payload = all.subarray(head.headBytes, head.headBytes + head.payloadBytes)
      const rest = all.subarray(head.headBytes + head.payloadBytes)
      this.#chunks = rest.length === 0 ? [] : [rest]
      this.#bytes = rest.length
      const complete = this.#take(head, payload)
      if (complete !== null) received.push(complete)
    }
  }

  #joined(): Buffer {
    const all = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks)
    this.#chunks = [all]
    return all
  }

  #head(): Head | null {
    if (this.#bytes < 2) return null
    // The head may lie across chunks; the payload is joined once, when all of it is here.
    const start = this.#chunks[0] as Buffer
    const bytes = start.length >= 10 ? start : Buffer.concat(this.#chunks.slice(0, 10))
    const first = bytes[0] ?? 0
    const second = bytes[1] ?? 0
    if ((second & 0x80) !== 0) throw new ServerViolation('a server frame is masked (RFC 6455 section 5.1)')
    let headBytes = 2
    let payloadBytes = second
    if (second === 126) {
      if (bytes.length < 4) return null
      headBytes = 4
      payloadBytes = bytes.readUInt16BE(2)
      if (payloadBytes < 126) throw new ServerViolation(`length ${payloadBytes} in the 16-bit form (5.2)`)
    } else if (second === 127) {
      if (bytes.length < 10) return null
      headBytes = 10
      const long = bytes.readBigUInt64BE(2)
      if (long < 65536n) throw new ServerViolation(`length ${long} in the 64-bit form (5.2)`)
      if (long > 0x7fffffffn) throw new ServerViolation(`length ${long} is beyond all the suite sends (5.2)`)
      payloadBytes = Number(long)
    }
    return { fin: (first & 0x80) !== 0, rsv: first & 0x70, opcode: first & 0x0f, headBytes, payloadBytes }
  }

  #take(head: Head, payload: Buffer): Received | null {
    if (this.#closed) throw new ServerViolation('a frame after the close frame (5.5.1)')
    if ((head.rsv & (RSV.rsv2 | RSV.rsv3)) !== 0) throw new ServerViolation('RSV2 or RSV3 is set (5.2)')
    if (head.rsv !== 0 && this.#inflate === null) throw new ServerViolation('RSV1 without an extension (5.2)')
    return head.opcode >= 8 ? this.#control(head, payload) : this.#data(head, payload)
  }

  #control(head: Head, payload: Buffer): Received {
    if (!head.fin) throw new ServerViolation('a fragmented control frame (5.5)')
    if (head.rsv !== 0) throw new ServerViolation('RSV1 on a control frame (RFC 7692 section 6)')
    if (payload.length > 125) throw new ServerViolation(`a control frame of ${payload.length} bytes (5.5)`)
    if (head.opcode === OPCODE.ping) return { kind: 'ping', payload }
    if (head.opcode === OPCODE.pong) return { kind: 'pong', payload }
    if (head.opcode !== OPCODE.close) throw new ServerViolation(`opcode ${head.opcode} (5.2)`)
    this.#closed = true
    if (payload.length === 0) return { kind: 'close', code: null, reason: '' }
    if (payload.length === 1) throw new ServerViolation('a close frame with one byte (5.5.1)')
    const code = payload.readUInt16BE(0)
    const legal = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999)
    if (!legal) throw new ServerViolation(`close code ${code} on the wire (7.4)`)
    const reason = payload.subarray(2)
    if (!isUtf8(reason)) throw new ServerViolation('a close reason that is not UTF-8 (5.5.1)')
    return { kind: 'close', code, reason: reason.toString() }
  }

  #data(head: Head, payload: Buffer): Received | null {
    const compressed = (head.rsv & RSV.rsv1) !== 0
    if (head.opcode === OPCODE.continuation) {
      if (this.#unfinished === null) throw new ServerViolation('a continuation of nothing (5.4)')
      if (compressed) throw new ServerViolation('RSV1 on a continuation (RFC 7692 section 6.1)')
      this.#unfinished.parts.push(payload)
    } else {
      if (head.opcode !== OPCODE.text && head.opcode !== OPCODE.binary) {
        throw new ServerViolation(`opcode ${head.opcode} (5.2)`)
      }
      if (this.#unfinished !== null) throw new ServerViolation('a new message inside a fragmented one (5.4)')
      this.#unfinished = { kind: head.opcode === OPCODE.text ? 'text' : 'binary', compressed, parts: [payload] }
    }
    if (!head.fin) return null
    const { kind, parts, compressed: deflated } = this.#unfinished
    this.#unfinished = null
    const whole = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
    const plain = deflated ? this.#inflated(whole) : whole
    if (kind === 'text' && !isUtf8(plain)) throw new ServerViolation('text that is not UTF-8 (8.1)')
    return { kind, payload: plain, compressed: deflated }
  }

  #inflated(payload: Buffer): Buffer {
    try {
      return (this.#inflate as (payload: Buffer) => Buffer)(payload)
    } catch (error) {
      throw new ServerViolation(`a message that does not inflate: ${(error as Error).message} (RFC 7692 section 7.2)`)
    }
  }
}
