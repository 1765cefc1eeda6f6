/**
 * permessage-deflate at work (RFC 7692 section 7.2): an inflater and a deflater for one connection, and a deflater for
 * many receivers.
 *
 * Synchronous on purpose: a message is bounded by `bytesMax`, nothing can overtake it, and no thread-pool job is left
 * when the connection ends. Each message gets a zlib stream of its own that is gone when the call returns; what a
 * connection keeps between messages (only with context takeover) is the last window of plain bytes, in one Buffer, which
 * zlib takes as preset dictionary. So a connection holds no native memory, has nothing to end, and can move to another
 * process with `history`. It never frames, never reads options beyond the codec's, and never keeps a payload.
 */

import { constants, deflateRawSync, inflateRawSync } from 'node:zlib'
import type { DeflateOptions, DeflateParams } from './deflate-params.ts'
import { copyOf } from './small-buffers.ts'
import type { Violation } from './violation.ts'

export type { DeflateOptions, DeflateParams } from './deflate-params.ts'

/** What RFC 7692 section 7.2.2 puts behind a message, then an empty final block: zlib says nothing of cut-off data without. */
const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff, 0x01, 0x00, 0x00, 0xff, 0xff])
const NOTHING = Buffer.alloc(0)
/** Streams a peer may end (BFINAL) in one message. Each costs us a stream of our own for as little as two bytes of theirs. */
const STREAMS_MAX = 1024
/** Blocks of Node's Buffer pool; a result may pin as much beyond its own bytes, and no more. */
const POOL_BYTES = 8192
const CHUNK_BYTES_MAX = 16_384
/** zlib looks ahead so far (MIN_LOOKAHEAD): a window of this much more than the data reaches back to its beginning. */
const LOOKAHEAD_BYTES = 262

/** What inflateRawSync returns with `info: true`; @types/node only knows the plain Buffer. */
interface Inflated {
  readonly buffer: Buffer
  readonly engine: { readonly bytesWritten: number }
}

/** Takes messages of one connection apart. Belongs to its reader; with context takeover, one inflate() per message, in order. */
export class Inflater {
  readonly #windowBits: number
  readonly #bytesMax: number
  readonly #window: Window | null

  /**
   * @param bytesMax the most a message may inflate to, at least 1
   * @param history from the `history` of the inflater this one continues
   */
  constructor(params: DeflateParams, bytesMax: number, history: Uint8Array = NOTHING) {
    this.#windowBits = params.clientWindowBits
    this.#bytesMax = bytesMax
    this.#window = params.clientNoContextTakeover ? null : new Window(this.#windowBits, history)
  }

  /** All that the next message depends on: at most 32 KiB, empty without context takeover. Valid until the next call. */
  get history(): Buffer {
    return this.#window?.bytes ?? NOTHING
  }

  /**
   * The message, from the joined payload of its frames. A violation of 1009 when it would be over `bytesMax` (found
   * while inflating: at most one chunk more is ever held), 1007 when it is not DEFLATE data or is cut off.
   */
  inflate(payload: Uint8Array): Buffer | Violation {
    // Not what section 7.2.3.6 wants (0x00), but what peers send whose zlib finds nothing to flush. It says nothing wrong.
    if (payload.length === 0) return NOTHING
    const input = Buffer.concat([payload, TAIL], payload.length + TAIL.length)
    const message = this.#inflateStreams(input)
    if (message instanceof Uint8Array) this.#window?.push(message)
    return message
  }

  #inflateStreams(input: Buffer): Buffer | Violation {
    const first = inflateStream(input, this.history, this.#windowBits, this.#bytesMax)
    if ('code' in first) return first
    let at = first.engine.bytesWritten
    if (isAllRead(input, at)) return unpinned(first.buffer)

    // The peer ended its stream within the message (BFINAL, section 7.2.3.4); what follows still reaches back across it.
    const window = new Window(this.#windowBits, this.history)
    window.push(first.buffer)
    const parts = [first.buffer]
    let bytes = first.buffer.length
    while (!isAllRead(input, at)) {
      if (parts.length >= STREAMS_MAX) {
        return { code: 1008, reason: `more than ${STREAMS_MAX} final DEFLATE blocks in a message` }
      }
      const next = inflateStream(input.subarray(at), window.bytes, this.#windowBits, this.#bytesMax - bytes)
      if ('code' in next) return next.code === 1009 ? tooBig(this.#bytesMax) : next
      at += next.engine.bytesWritten
      bytes += next.buffer.length
      if (bytes > this.#bytesMax) return tooBig(this.#bytesMax)
      window.push(next.buffer)
      parts.push(Buffer.from(next.buffer))
    }
    return Buffer.concat(parts, bytes)
  }
}

/** Compresses messages of one connection. Belongs to its writer. */
export class Deflater {
  readonly #windowBits: number
  readonly #options: DeflateOptions
  readonly #window: Window | null

  /** @param history from the `history` of the deflater this one continues */
  constructor(params: DeflateParams, options: DeflateOptions, history: Uint8Array = NOTHING) {
    this.#windowBits = params.serverWindowBits
    this.#options = options
    this.#window = params.serverNoContextTakeover ? null : new Window(this.#windowBits, history)
  }

  /** All that the next message depends on: at most 32 KiB, empty without context takeover. Valid until the next call. */
  get history(): Buffer {
    return this.#window?.bytes ?? NOTHING
  }

  /** The payload of a frame with RSV1. With context takeover it must then be sent, in order: the peer's window follows. */
  deflate(payload: Uint8Array): Buffer {
    const compressed = deflateMessage(payload, this.history, this.#windowBits, this.#options)
    this.#window?.push(payload)
    return compressed
  }
}

/** A message compressed once, without context, for every receiver whose `serverWindowBits` are `windowBits` or more. */
export function deflateShared(payload: Uint8Array, windowBits: number, options: DeflateOptions): Buffer {
  return deflateMessage(payload, NOTHING, windowBits, options)
}

/** The last 2^bits plain bytes of one direction. Grows with what it holds, so a quiet connection stays small. */
class Window {
  readonly #bytesMax: number
  #held: Buffer = NOTHING
  #length = 0

  constructor(windowBits: number, history: Uint8Array) {
    this.#bytesMax = 2 ** windowBits
    this.push(history)
  }

  get bytes(): Buffer {
    return this.#held.subarray(0, this.#length)
  }

  push(data: Uint8Array): void {
    const added = data.length > this.#bytesMax ? data.subarray(data.length - this.#bytesMax) : data
    const kept = Math.min(this.#length, this.#bytesMax - added.length)
    if (kept + added.length > this.#held.length) this.#grow(kept + added.length)
    this.#held.copyWithin(0, this.#length - kept, this.#length)
    this.#held.set(added, kept)
    this.#length = kept + added.length
  }

  #grow(bytes: number): void {
    let size = Math.max(256, this.#held.length)
    while (size < bytes) size *= 2
    // Not from the pool: it stays as long as its connection and would pin a block of strangers.
    const grown = Buffer.allocUnsafeSlow(Math.min(size, this.#bytesMax))
    this.#held.copy(grown, 0, 0, this.#length)
    this.#held = grown
  }
}

function deflateMessage(payload: Uint8Array, history: Buffer, windowBits: number, options: DeflateOptions): Buffer {
  const compressed = deflateRawSync(payload, {
    level: options.level,
    memLevel: options.memLevel,
    windowBits: enoughBits(payload.length + history.length, windowBits),
    chunkSize: chunkBytes(payload.length + 64),
    finishFlush: constants.Z_SYNC_FLUSH,
    ...(history.length > 0 ? { dictionary: history } : undefined),
  })
  return unpinned(compressed.subarray(0, compressed.length - 4))
}

/**
 * The smallest window that loses nothing on so many bytes: zlib clears its tables for each message, and small ones are
 * cleared sooner. Never 8, which zlib's raw streams lack; with 9 it reaches back 512 - 262 = 250 bytes, which is within
 * the 256 of a peer that agreed to 8.
 */
function enoughBits(bytes: number, windowBits: number): number {
  let bits = 9
  while (bits < windowBits && 2 ** bits < bytes + LOOKAHEAD_BYTES) bits += 1
  return bits
}

/** One DEFLATE stream from the start of `input`, to its final block or to the end. */
function inflateStream(input: Buffer, history: Buffer, windowBits: number, bytesMax: number): Inflated | Violation {
  try {
    return inflateRawSync(input, {
      windowBits,
      info: true,
      maxOutputLength: Math.max(1, bytesMax),
      chunkSize: chunkBytes(Math.min(input.length * 4, bytesMax + 1)),
      ...(history.length > 0 ? { dictionary: history } : undefined),
    }) as unknown as Inflated
  } catch (error) {
    return violationOf(error, bytesMax)
  }
}

function violationOf(error: unknown, bytesMax: number): Violation {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ERR_BUFFER_TOO_LARGE') return tooBig(bytesMax)
  if (code === 'Z_DATA_ERROR') return { code: 1007, reason: 'compressed message is not valid DEFLATE data' }
  if (code === 'Z_BUF_ERROR') return { code: 1007, reason: 'compressed message is cut off' }
  // Out of memory, say: not the peer's fault, but its message cannot be had and its window is lost.
  return { code: 1008, reason: `message could not be inflated (${code || 'unknown error'})`.slice(0, 123) }
}

function tooBig(bytesMax: number): Violation {
  return { code: 1009, reason: `message inflates to more than ${bytesMax} bytes` }
}

/** Read to the end, or to our own tail: a peer that ends with BFINAL may leave out the 0x00 the RFC puts behind it. */
function isAllRead(input: Buffer, at: number): boolean {
  return at === input.length || at === input.length - TAIL.length
}

function chunkBytes(guess: number): number {
  return Math.min(Math.max(guess, 64), CHUNK_BYTES_MAX)
}

/** The same bytes, copied when they would keep much more than themselves in memory. */
function unpinned(bytes: Buffer): Buffer {
  return bytes.buffer.byteLength - bytes.length > POOL_BYTES ? copyOf(bytes) : bytes
}
