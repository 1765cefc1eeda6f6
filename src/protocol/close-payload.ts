/**
 * The payload of a close frame, RFC 6455 sections 5.5.1 and 7.4.
 * Pure: no state, nothing to end.
 */
import { isCloseCodeOnWire } from './close-codes.ts'
import { CONTROL_BYTES_MAX } from './opcodes.ts'
import { textOf } from './utf8.ts'
import type { Violation } from './violation.ts'

/** What a close frame said, or the rule it broke: then code and reason are those to answer with. */
export interface ClosePayload {
  readonly code: number
  readonly reason: string
  readonly violation: Violation | null
}

/** Code and reason of an unmasked close payload; 1005 and '' when it is empty. */
export function readClosePayload(payload: Buffer): ClosePayload {
  if (payload.length === 0) return { code: 1005, reason: '', violation: null }
  if (payload.length === 1) return broken({ code: 1002, reason: 'close payload of one byte' })
  const code = payload.readUInt16BE(0)
  if (!isCloseCodeOnWire(code)) return broken({ code: 1002, reason: 'close code not allowed on the wire' })
  const reason = textOf(payload, 2, payload.length)
  if (reason === null) return broken({ code: 1007, reason: 'close reason is not UTF-8' })
  return { code, reason, violation: null }
}

function broken(violation: Violation): ClosePayload {
  return { code: violation.code, reason: violation.reason, violation }
}

/** Does the reason fit into a close frame beside the code: at most 123 bytes of UTF-8? */
export function closeReasonFits(reason: string): boolean {
  return Buffer.byteLength(reason) <= CONTROL_BYTES_MAX - 2
}
