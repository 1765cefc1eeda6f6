/**
 * UTF-8 as it arrives: is what came so far still the beginning of valid text? RFC 6455 section 8.1 lets nothing invalid through,
 * and telling it at the first wrong byte, also inside an unfinished frame, spares holding the rest.
 * Pure: no state, nothing to end, keeps no bytes.
 */
import { isAscii, isUtf8 } from 'node:buffer'

/**
 * Where the last whole character of `bytes[start, end)` ends, when `start` is a character's beginning: what lies between that and
 * `end` (at most three bytes) is the beginning of a character. Returns -1 when no byte to come can make that tail valid
 * (C0, C1, F5 and above; E0 80, ED A0, F0 80, F4 90 and their neighbours: RFC 3629 section 4). What lies before the
 * returned place is not looked at.
 */
export function utf8Boundary(bytes: Uint8Array, start: number, end: number): number {
  const back = Math.max(start, end - 3)
  for (let at = end - 1; at >= back; at -= 1) {
    const lead = bytes[at] as number
    if (lead < 0x80) return end
    if (lead < 0xc0) continue
    const wanted = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
    if (end - at >= wanted) return end
    return isViable(lead, at + 1 < end ? (bytes[at + 1] as number) : -1) ? at : -1
  }
  return end
}

/** Can a character begin so? `second` is a continuation byte, or -1 when it has not come. */
function isViable(lead: number, second: number): boolean {
  if (lead < 0xc2 || lead > 0xf4) return false
  if (second === -1) return true
  if (lead === 0xe0) return second >= 0xa0
  if (lead === 0xed) return second <= 0x9f
  if (lead === 0xf0) return second >= 0x90
  if (lead === 0xf4) return second <= 0x8f
  return true
}

/**
 * Checks the bytes that came since `start`, which is a character's beginning. Returns where the unchecked tail begins (`end`, or up to
 * three bytes before it), or -1 when `bytes[start, end)` cannot be the beginning of valid UTF-8.
 */
export function checkUtf8Prefix(bytes: Uint8Array, start: number, end: number): number {
  const boundary = utf8Boundary(bytes, start, end)
  if (boundary <= start) return boundary
  return isUtf8(new Uint8Array(bytes.buffer, bytes.byteOffset + start, boundary - start)) ? boundary : -1
}

/** The text of `bytes[start, end)`, or null when it is not valid UTF-8. */
export function textOf(bytes: Buffer, start: number, end: number): string | null {
  const view = new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start)
  if (isAscii(view)) return asciiText(bytes, start, end)
  return isUtf8(view) ? bytes.toString('utf8', start, end) : null
}

/** The text of bytes known to be ASCII. As latin1, which is a plain copy: decoding UTF-8 takes up to three times as long. */
export function asciiText(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('latin1', start, end)
}
