/**
 * Writes the frames of a server: unmasked, never fragmented, lengths in their shortest form (RFC 6455 section 5.2).
 * Pure: no state, nothing to end. A frame is one Buffer, so it can be made once and shared by many receivers.
 */
import { isCloseCodeOnWire } from './close-codes.ts'
import { CLOSE, CONTROL_BYTES_MAX } from './opcodes.ts'

/** Up to here a loop over the characters beats the two calls into native code. */
const LOOP_CHARACTERS_MAX = 24

/** How long the header of a frame is, in bytes. */
export function frameHeaderBytes(payloadBytes: number): 2 | 4 | 10 {
  return payloadBytes < 126 ? 2 : payloadBytes < 65_536 ? 4 : 10
}

/**
 * Writes the header of a whole message (FIN set) at `offset`, which must have `frameHeaderBytes(payloadBytes)` bytes of room.
 * @param rsv1 the payload is compressed (RFC 7692 section 6)
 * @returns the offset behind it
 */
export function writeFrameHeader(
  target: Uint8Array,
  offset: number,
  opcode: number,
  payloadBytes: number,
  rsv1: boolean,
): number {
  target[offset] = rsv1 ? 0xc0 | opcode : 0x80 | opcode
  if (payloadBytes < 126) {
    target[offset + 1] = payloadBytes
    return offset + 2
  }
  if (payloadBytes < 65_536) {
    target[offset + 1] = 126
    target[offset + 2] = payloadBytes >>> 8
    target[offset + 3] = payloadBytes & 0xff
    return offset + 4
  }
  target[offset + 1] = 127
  let rest = payloadBytes
  for (let at = offset + 9; at > offset + 1; at -= 1) {
    target[at] = rest % 256
    rest = Math.floor(rest / 256)
  }
  return offset + 10
}

/** A whole message as one frame. A string is written as UTF-8, lone surrogates as U+FFFD. The payload is copied. */
export function encodeFrame(opcode: number, payload: string | Uint8Array, rsv1 = false): Buffer {
  if (typeof payload !== 'string') {
    const frame = Buffer.allocUnsafe(frameHeaderBytes(payload.length) + payload.length)
    frame.set(payload, writeFrameHeader(frame, 0, opcode, payload.length, rsv1))
    return frame
  }
  if (payload.length <= LOOP_CHARACTERS_MAX) return encodeShort(opcode, payload, rsv1)
  return encodeText(opcode, payload, rsv1)
}

function encodeText(opcode: number, text: string, rsv1: boolean): Buffer {
  const bytes = Buffer.byteLength(text)
  const frame = Buffer.allocUnsafe(frameHeaderBytes(bytes) + bytes)
  const start = writeFrameHeader(frame, 0, opcode, bytes, rsv1)
  // As many bytes as characters means ASCII, which latin1 writes as a plain copy.
  frame.write(text, start, bytes, bytes === text.length ? 'latin1' : 'utf8')
  return frame
}

function encodeShort(opcode: number, text: string, rsv1: boolean): Buffer {
  const { length } = text
  const frame = Buffer.allocUnsafe(2 + length)
  frame[0] = rsv1 ? 0xc0 | opcode : 0x80 | opcode
  frame[1] = length
  for (let at = 0; at < length; at += 1) {
    const character = text.charCodeAt(at)
    if (character > 0x7f) return encodeText(opcode, text, rsv1)
    frame[at + 2] = character
  }
  return frame
}

/**
 * A close frame. A code that may not stand on the wire (1005, 1006, 1015) gives a frame without payload (RFC 6455 section 7.1.5).
 * It never throws, because it is called while a connection ends: a reason over 123 bytes is cut behind its last whole character that
 * fits. Who lets users choose a reason asks `closeReasonFits` first.
 */
export function encodeClose(code: number, reason: string): Buffer {
  if (!isCloseCodeOnWire(code)) return encodeFrame(CLOSE, '')
  const payload = Buffer.allocUnsafe(CONTROL_BYTES_MAX)
  payload.writeUInt16BE(code, 0)
  // `write` never writes half a character.
  const bytes = payload.write(reason, 2, 'utf8')
  return encodeFrame(CLOSE, payload.subarray(0, 2 + bytes))
}
