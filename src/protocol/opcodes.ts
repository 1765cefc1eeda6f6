/**
 * Opcodes of RFC 6455 section 5.2, as data.
 * Pure: no state, nothing to end.
 */

export const CONTINUATION = 0x0
export const TEXT = 0x1
export const BINARY = 0x2
export const CLOSE = 0x8
export const PING = 0x9
export const PONG = 0xa

/** The longest payload of a control frame, in bytes (section 5.5). */
export const CONTROL_BYTES_MAX = 125

/** Is it a control frame? Section 5.5: the highest bit of the opcode says so. */
export function isControl(opcode: number): boolean {
  return opcode >= CLOSE
}
