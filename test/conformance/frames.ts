/**
 * Builds client frames with full control over every bit, so that wrong ones can be built as well (RFC 6455 section 5.2).
 * Pure functions over bytes; owned by the cases; holds nothing, so nothing ends. Never used by the library itself.
 */

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** The three reserved bits as they stand in the first byte. */
export const RSV = { rsv1: 0x40, rsv2: 0x20, rsv3: 0x10 } as const

export interface Frame {
  readonly type: 'frame'
  readonly opcode: number
  readonly payload: Buffer
  readonly fin: boolean
  /** Any of the bits in RSV, or 0. */
  readonly rsv: number
  /** Four bytes, or null for a frame that is not masked. */
  readonly maskKey: readonly [number, number, number, number] | null
  /** How the length is written; a form that is not minimal is a violation. */
  readonly lengthForm: 'minimal' | '16 bit' | '64 bit'
  /** The length that the header claims, when it is not that of the payload: such a frame stays unfinished. */
  readonly claimedBytes: bigint | null
}

export type FrameOptions = Partial<Omit<Frame, 'type' | 'opcode' | 'payload'>>

export function frame(opcode: number, payload: string | Uint8Array, options: FrameOptions = {}): Frame {
  const bytes = toBytes(payload)
  return {
    type: 'frame',
    opcode,
    payload: bytes,
    fin: true,
    rsv: 0,
    // Differs from frame to frame, so that a receiver which keeps the key or the position of an earlier one is found out.
    maskKey: [0x37 ^ (bytes.length & 0xff), 0xfa, 0x21 ^ opcode, 0x3d],
    lengthForm: 'minimal',
    claimedBytes: null,
    ...options,
  }
}

export function text(payload: string | Uint8Array, options?: FrameOptions): Frame {
  return frame(OPCODE.text, payload, options)
}

export function binary(payload: string | Uint8Array, options?: FrameOptions): Frame {
  return frame(OPCODE.binary, payload, options)
}

export function continuation(payload: string | Uint8Array, options?: FrameOptions): Frame {
  return frame(OPCODE.continuation, payload, options)
}

export function ping(payload: string | Uint8Array = '', options?: FrameOptions): Frame {
  return frame(OPCODE.ping, payload, options)
}

export function pong(payload: string | Uint8Array = '', options?: FrameOptions): Frame {
  return frame(OPCODE.pong, payload, options)
}

/** A close frame: empty without a code; `reason` may be bytes that are not UTF-8. */
export function close(code?: number, reason: string | Uint8Array = '', options?: FrameOptions): Frame {
  if (code === undefined) return frame(OPCODE.close, '', options)
  return frame(OPCODE.close, Buffer.concat([Buffer.from([code >> 8, code & 0xff]), toBytes(reason)]), options)
}

/** One message as a first frame and continuations: `parts` are their payloads, in order. */
export function fragments(opcode: number, parts: readonly (string | Uint8Array)[], firstRsv = 0): Frame[] {
  return parts.map((part, index) =>
    frame(index === 0 ? opcode : OPCODE.continuation, part, {
      fin: index === parts.length - 1,
      rsv: index === 0 ? firstRsv : 0,
    }),
  )
}

/** Cuts bytes into parts of `partBytes`; the last may be shorter; empty bytes are one empty part. */
export function cut(bytes: Buffer, partBytes: number): Buffer[] {
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length; at += partBytes) parts.push(bytes.subarray(at, at + partBytes))
  return parts.length === 0 ? [bytes] : parts
}

export function encode(given: Frame): Buffer {
  const claimed = given.claimedBytes ?? BigInt(given.payload.length)
  const length = lengthBytes(claimed, given.lengthForm)
  const out = Buffer.allocUnsafe(1 + length.length + (given.maskKey === null ? 0 : 4) + given.payload.length)
  out[0] = (given.fin ? 0x80 : 0) | given.rsv | given.opcode
  length.copy(out, 1)
  if (given.maskKey === null) {
    given.payload.copy(out, 1 + length.length)
    return out
  }
  out[1] = (out[1] ?? 0) | 0x80
  const start = 1 + length.length + 4
  out.set(given.maskKey, start - 4)
  const payload = given.payload
  for (let index = 0; index < payload.length; index++) {
    out[start + index] = (payload[index] ?? 0) ^ (given.maskKey[index & 3] ?? 0)
  }
  return out
}

function lengthBytes(claimed: bigint, form: Frame['lengthForm']): Buffer {
  if (form === '64 bit' || (form === 'minimal' && claimed > 0xffffn)) {
    const bytes = Buffer.alloc(9)
    bytes[0] = 127
    bytes.writeBigUInt64BE(claimed, 1)
    return bytes
  }
  if (form === '16 bit' || claimed > 125n) return Buffer.from([126, Number(claimed >> 8n), Number(claimed & 0xffn)])
  return Buffer.from([Number(claimed)])
}

function toBytes(payload: string | Uint8Array): Buffer {
  if (typeof payload === 'string') return Buffer.from(payload)
  return Buffer.isBuffer(payload) ? payload : Buffer.from(payload)
}
