/**
 * Writes the frames of a client: masked, whole, lengths in their shortest form (RFC 6455 sections 5.2 and 5.3). Pure; nothing
 * to end.
 */
import { frameHeaderBytes, writeFrameHeader } from './frame-writer.ts'
import { unmaskInto } from './mask.ts'

const KEY_BYTES = 4

/**
 * A whole message, or a control frame.
 * @param key 32 bits nobody can foresee: they keep what is sent from being chosen by a page (section 10.3)
 */
export function encodeClientFrame(opcode: number, payload: string | Uint8Array, key: number): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
  const headerBytes = frameHeaderBytes(bytes.length)
  const frame = Buffer.allocUnsafe(headerBytes + KEY_BYTES + bytes.length)
  const at = writeFrameHeader(frame, 0, opcode, bytes.length, false)
  frame[1] = (frame[1] as number) | 0x80
  frame.writeInt32BE(key | 0, at)
  unmaskInto(bytes, 0, frame, at + KEY_BYTES, bytes.length, key | 0, 0)
  return frame
}
