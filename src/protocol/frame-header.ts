/**
 * The rules of RFC 6455 section 5.2 for the header of a client's frame, and the violations they lead to.
 * Pure: no state, nothing to end.
 */
import { BINARY, CONTINUATION, CONTROL_BYTES_MAX, isControl, PONG } from './opcodes.ts'
import type { Violation } from './violation.ts'

const rule = (code: Violation['code'], reason: string): Violation => Object.freeze({ code, reason })

export const RESERVED_BITS: Violation = rule(1002, 'reserved bits without a negotiated extension')
export const RESERVED_OPCODE: Violation = rule(1002, 'reserved opcode')
export const NOT_MASKED: Violation = rule(1002, 'frame from a client is not masked')
export const CONTROL_FRAGMENTED: Violation = rule(1002, 'fragmented control frame')
export const CONTROL_TOO_LONG: Violation = rule(1002, 'control frame over 125 bytes')
export const NOTHING_TO_CONTINUE: Violation = rule(1002, 'continuation frame without a message')
export const MESSAGE_UNFINISHED: Violation = rule(1002, 'new message before the last one ended')
export const LENGTH_NOT_MINIMAL: Violation = rule(1002, 'payload length not in its shortest form')
export const LENGTH_TOP_BIT: Violation = rule(1002, 'payload length with its highest bit set')
export const MESSAGE_TOO_BIG: Violation = rule(1009, 'message over messageBytesMax')
export const TOO_MANY_FRAGMENTS: Violation = rule(1008, 'message of more than fragmentsMax frames')
export const TOO_MANY_CONTROLS: Violation = rule(1008, 'more control frames per second than allowed')
export const TEXT_NOT_UTF8: Violation = rule(1007, 'text is not UTF-8')

/** The longest header a client's frame can have, in bytes: two, a 64-bit length, the key. */
export const HEADER_BYTES_MAX = 14

/** How long the whole header is, by its second byte, in bytes. */
export function headerBytesOf(second: number): 6 | 8 | 14 {
  const short = second & 0x7f
  return short < 126 ? 6 : short === 126 ? 8 : 14
}

/**
 * What is wrong with the first two bytes, or null.
 * @param compressible permessage-deflate is negotiated: RSV1 may mark the first frame of a data message (RFC 7692 section 6)
 * @param unfinished a message has begun and not ended
 */
export function firstBytesViolation(
  first: number,
  second: number,
  compressible: boolean,
  unfinished: boolean,
): Violation | null {
  const opcode = first & 0x0f
  const data = opcode !== CONTINUATION && !isControl(opcode)
  if ((first & 0x30) !== 0 || ((first & 0x40) !== 0 && !(compressible && data))) return RESERVED_BITS
  if (opcode > PONG || (data && opcode > BINARY)) return RESERVED_OPCODE
  if ((second & 0x80) === 0) return NOT_MASKED
  if (isControl(opcode)) {
    if ((first & 0x80) === 0) return CONTROL_FRAGMENTED
    return (second & 0x7f) > CONTROL_BYTES_MAX ? CONTROL_TOO_LONG : null
  }
  if (opcode === CONTINUATION) return unfinished ? null : NOTHING_TO_CONTINUE
  return unfinished ? MESSAGE_UNFINISHED : null
}

/**
 * The extended length at `at`, of a header of `size` bytes: -1 when a shorter form would have done, NaN when its top bit
 * is set, Infinity when it is over Number.MAX_SAFE_INTEGER.
 */
export function readLength(bytes: Buffer, at: number, size: 8 | 14): number {
  if (size === 8) {
    const length = bytes.readUInt16BE(at)
    return length < 126 ? -1 : length
  }
  const high = bytes.readUInt32BE(at)
  if (high > 0x7fff_ffff) return Number.NaN
  const length = high > 0x1f_ffff ? Number.POSITIVE_INFINITY : high * 0x1_0000_0000 + bytes.readUInt32BE(at + 4)
  return length < 65_536 ? -1 : length
}

/**
 * What a message may have as payload: compressing what cannot be compressed makes it longer, by as much as zlib's own
 * deflateBound() allows for its poorest settings. What it inflates to is bounded by `messageBytesMax` itself.
 */
export function payloadBytesMax(messageBytesMax: number, compressed: boolean): number {
  return compressed ? messageBytesMax + (messageBytesMax >> 3) + (messageBytesMax >> 6) + 64 : messageBytesMax
}

/** The masking key in the four bytes at `at`, as a signed 32-bit number, which V8 keeps in a field without a heap object. */
export function readKey(bytes: Buffer, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  )
}
