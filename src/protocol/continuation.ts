/**
 * Where a frame reader is, written as frames of a client: bytes that bring a fresh reader to the same place. So a reader in
 * another process needs no way in but the one it has, and what it is given is checked like everything else.
 * Pure: no state, nothing to end; the place is only looked at.
 */
import { unmaskInto } from './mask.ts'
import type { MessageBuffer } from './message-buffer.ts'
import { BINARY, CONTINUATION, isControl, TEXT } from './opcodes.ts'

/** What a reader knows between two chunks. */
export interface ReaderPlace {
  /** A message that has begun and is not whole. */
  readonly message: MessageBuffer | null
  /** The frame under way, if `remaining` is not 0: its first byte, its key, how far the key has turned, what is still to come. */
  readonly first: number
  readonly mask: number
  readonly phase: number
  readonly remaining: number
  /** Room for its whole payload, if it is a control frame. */
  readonly control: Buffer | null
  /** The beginning of a header, or nothing. */
  readonly partial: Buffer | null
  /** What was not looked at yet, in order. */
  readonly kept: readonly Buffer[]
}

/** An empty continuation frame that is not the last: it counts as a fragment and brings nothing. */
const EMPTY_FRAGMENT: Buffer = clientHead(CONTINUATION, 0, 0)

export function continuation(place: ReaderPlace): Buffer {
  const { message, first, mask, phase, remaining, control, partial, kept } = place
  const parts: Uint8Array[] = []
  const isUnderWay = remaining > 0
  const isDataUnderWay = isUnderWay && !isControl(first & 0x0f)
  if (message !== null && isDataUnderWay && message.fragments === 1) {
    // The first frame of its message: as it came.
    const { used } = message
    parts.push(clientHead(first, used + remaining, mask), masked(message.payload(), mask))
  } else if (message !== null) {
    const opcode = message.isText ? TEXT : BINARY
    parts.push(clientHead(message.isCompressed ? 0x40 | opcode : opcode, message.used, 0), message.payload())
    // So many that the limit on fragments goes on where it was.
    for (let left = message.fragments - (isDataUnderWay ? 2 : 1); left > 0; left -= 1) parts.push(EMPTY_FRAGMENT)
    if (isDataUnderWay) parts.push(clientHead(first, remaining, turned(mask, phase)))
  }
  if (isUnderWay && control !== null) {
    parts.push(clientHead(first, control.length, mask), masked(control.subarray(0, control.length - remaining), mask))
  }
  if (partial !== null) parts.push(partial)
  return Buffer.concat([...parts, ...kept])
}

/** The header of a client's frame (RFC 6455 section 5.2), the length in its shortest form. */
function clientHead(first: number, length: number, key: number): Buffer {
  const size = length < 126 ? 6 : length < 65_536 ? 8 : 14
  const head = Buffer.alloc(size)
  head[0] = first
  head[1] = 0x80 | (size === 6 ? length : size === 8 ? 126 : 127)
  if (size === 8) head.writeUInt16BE(length, 2)
  else if (size === 14) head.writeBigUInt64BE(BigInt(length), 2)
  head.writeInt32BE(key | 0, size - 4)
  return head
}

function masked(payload: Buffer, key: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(payload.length)
  unmaskInto(payload, 0, bytes, 0, payload.length, key, 0)
  return bytes
}

/** The key as it meets the byte after `phase` others. */
function turned(key: number, phase: number): number {
  return phase === 0 ? key : (key << (8 * phase)) | (key >>> (32 - 8 * phase))
}
