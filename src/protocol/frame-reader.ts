/**
 * Reads the frames of one client from the bytes of its connection, RFC 6455 section 5: however the stream is split, out
 * come whole messages, control frames and at most one violation, in order, by calls to the sink.
 *
 * Owned by one connection. Ends with `stop()`, a close frame, a violation or a sink that throws (the error goes to the
 * caller): then it holds and delivers nothing. It never touches a socket or a timer, and keeps a chunk only while paused.
 */
import { readClosePayload } from './close-payload.ts'
import { continuation } from './continuation.ts'
import { ControlRate } from './control-rate.ts'
import * as header from './frame-header.ts'
import { KeptChunks } from './kept-chunks.ts'
import { unmaskInto } from './mask.ts'
import { MessageBuffer } from './message-buffer.ts'
import { CLOSE, isControl, PING, TEXT } from './opcodes.ts'
import type { MessageInflater, ReaderLimits, ReaderSink } from './reader-sink.ts'
import { allocateMessage } from './small-buffers.ts'
import { asciiText, textOf } from './utf8.ts'
import type { Violation } from './violation.ts'

/** What a short message handed out in its chunk may pin beside itself: its header and little more. */
const SMALL_EXTRA_BYTES = 16

const RUNNING = 0
const PAUSED = 1
const STOPPED = 2

export class FrameReader {
  readonly #sink: ReaderSink
  readonly #limits: ReaderLimits
  readonly #inflater: MessageInflater | null
  readonly #now: () => number

  messages = 0 // delivered so far; only to be read
  #status: 0 | 1 | 2 = RUNNING
  #reading = false
  /** Chunks not parsed yet, only while paused. */
  #kept: KeptChunks | null = null
  /** The beginning of a header that is not whole. */
  #partial: Buffer | null = null
  #partialBytes = 0
  /** The frame whose payload is being read. */
  #first = 0
  #mask = 0
  #phase = 0
  #remaining = 0
  /** Payload of a control frame that does not lie whole in one chunk. */
  #control: Buffer | null = null
  /** A message that does not lie whole in one chunk, or in one frame. */
  #message: MessageBuffer | null = null
  #rate: ControlRate | null = null // made for the first control frame

  /**
   * @param inflater null without permessage-deflate: then RSV1 is a violation
   * @param now milliseconds, for the rate of control frames; a coarse clock will do
   */
  constructor(sink: ReaderSink, limits: ReaderLimits, inflater: MessageInflater | null, now: () => number) {
    this.#sink = sink
    this.#limits = limits
    this.#inflater = inflater
    this.#now = now
  }

  get paused(): boolean {
    return this.#status === PAUSED
  }

  /** A frame or a message has begun and is not complete. */
  get unfinished(): boolean {
    return this.#remaining > 0 || this.#message !== null || this.#partial !== null
  }

  /** Bytes allocated for what is not delivered yet; 0 at a frame boundary with no message open. */
  get heldBytes(): number {
    const beginning = (this.#partial?.length ?? 0) + (this.#control?.length ?? 0)
    return beginning + (this.#message?.capacity ?? 0) + (this.#kept?.bytes ?? 0)
  }

  /** Bytes that bring a fresh reader, with an inflater that goes on where this one's is, to the same place. Only to be read. */
  continuation(): Buffer {
    return continuation({
      ...{ message: this.#message, first: this.#first, mask: this.#mask, phase: this.#phase },
      ...{ remaining: this.#remaining, control: this.#control, kept: this.#kept?.all ?? [] },
      partial: this.#partial?.subarray(0, this.#partialBytes) ?? null,
    })
  }

  /** Reads a chunk, which belongs to the reader from here: it is unmasked in place. */
  read(chunk: Buffer): void {
    if (this.#status === STOPPED || chunk.length === 0) return
    if (this.#status === PAUSED || this.#reading) this.#keep(chunk, 0, false)
    else this.#run(chunk)
  }

  /** No further frame is delivered until `resume()`; the rest of the chunk is kept unparsed. May be called by the sink. */
  pause(): void {
    if (this.#status === RUNNING) this.#status = PAUSED
  }

  /** Goes on with what was kept; the sink may pause again meanwhile. */
  resume(): void {
    if (this.#status !== PAUSED) return
    this.#status = RUNNING
    if (!this.#reading) this.#run(null)
  }

  /** Nothing is delivered after it, everything held is let go. May be called by the sink, and twice. */
  stop(): void {
    this.#status = STOPPED
    this.#kept = null
    this.#partial = null
    this.#control = null
    this.#message = null
    this.#remaining = 0
  }

  #run(first: Buffer | null): void {
    this.#reading = true
    try {
      let chunk = first ?? this.#nextKept()
      while (chunk !== undefined) {
        const offset = this.#consume(chunk)
        if (this.#status === PAUSED && offset < chunk.length) this.#keep(chunk, offset, true)
        chunk = this.#nextKept()
      }
    } catch (thrown) {
      // The sink threw and our place in the chunk is lost: what comes next would be read as something it is not.
      this.stop()
      throw thrown
    } finally {
      this.#reading = false
    }
  }

  #nextKept(): Buffer | undefined {
    if (this.#status !== RUNNING || this.#kept === null) return undefined
    const chunk = this.#kept.next()
    if (this.#kept.isEmpty) this.#kept = null
    return chunk
  }

  #keep(chunk: Buffer, offset: number, inFront: boolean): void {
    this.#kept ??= new KeptChunks()
    this.#kept.keep(chunk, offset, inFront)
  }

  #consume(chunk: Buffer): number {
    const end = chunk.length
    let offset = 0
    while (offset < end && this.#status === RUNNING) {
      if (this.#remaining > 0) offset = this.#takePayload(chunk, offset, end)
      else if (this.#partial !== null) offset = this.#takeHeaderBytes(this.#partial, chunk, offset, end)
      else offset = this.#takeFrame(chunk, offset, end)
    }
    return offset
  }

  #takeFrame(chunk: Buffer, offset: number, end: number): number {
    const size = this.#readHeader(chunk, offset, end)
    if (size !== 0) return size === -1 ? end : this.#takePayload(chunk, offset + size, end)
    this.#partial = Buffer.alloc(header.HEADER_BYTES_MAX)
    this.#partialBytes = chunk.copy(this.#partial, 0, offset, end)
    return end
  }

  #takeHeaderBytes(partial: Buffer, chunk: Buffer, start: number, end: number): number {
    for (let offset = start; offset < end; ) {
      partial[this.#partialBytes++] = chunk[offset++] as number
      const size = this.#readHeader(partial, 0, this.#partialBytes)
      if (size === 0) continue
      this.#partial = null
      return size === -1 ? end : this.#takePayload(chunk, offset, end)
    }
    return end
  }

  /** Reads a header; returns its size in bytes, 0 when it is not whole, -1 when it is a violation (which is delivered). */
  #readHeader(bytes: Buffer, offset: number, end: number): number {
    if (end - offset < 2) return 0
    const first = bytes[offset] as number
    const second = bytes[offset + 1] as number
    const message = this.#message
    const violation = header.firstBytesViolation(first, second, this.#inflater !== null, message !== null)
    if (violation !== null) return this.#violate(violation)
    const size = header.headerBytesOf(second)
    if (end - offset < size) return 0
    const length = size === 6 ? second & 0x7f : header.readLength(bytes, offset + 2, size)
    if (Number.isNaN(length)) return this.#violate(header.LENGTH_TOP_BIT)
    if (length < 0) return this.#violate(header.LENGTH_NOT_MINIMAL)
    this.#first = first
    this.#mask = header.readKey(bytes, offset + size - 4)
    this.#phase = 0
    if (isControl(first & 0x0f)) {
      this.#rate ??= new ControlRate()
      const isCounted = (first & 0x0f) !== CLOSE
      if (isCounted && this.#rate.isOver(this.#limits.controlFramesPerSecondMax, this.#now()))
        return this.#violate(header.TOO_MANY_CONTROLS)
    } else {
      // What a message has used is never over the limit, so the difference is never negative.
      const compressed = message?.isCompressed ?? (first & 0x40) !== 0
      const room = header.payloadBytesMax(this.#limits.messageBytesMax, compressed) - (message?.used ?? 0)
      if (length > room) return this.#violate(header.MESSAGE_TOO_BIG)
      if (message !== null && ++message.fragments > this.#limits.fragmentsMax)
        return this.#violate(header.TOO_MANY_FRAGMENTS)
    }
    this.#remaining = length
    return size
  }

  /** Takes what the chunk has of the current frame's payload, and delivers what became whole by it. */
  #takePayload(chunk: Buffer, offset: number, end: number): number {
    const first = this.#first
    const length = Math.min(this.#remaining, end - offset)
    const remaining = this.#remaining - length
    if (isControl(first & 0x0f)) this.#takeControl(chunk, offset, length, remaining)
    else if (this.#message === null && remaining === 0 && (first & 0x80) !== 0) {
      this.#remaining = 0
      this.#takeWhole(chunk, offset, length)
    } else this.#takePart(chunk, offset, length, remaining)
    return offset + length
  }

  /** The hot path: a message of one frame that lies whole in the chunk. */
  #takeWhole(chunk: Buffer, start: number, length: number): void {
    const end = start + length
    const isText = (this.#first & 0x0f) === TEXT
    if ((this.#first & 0x40) !== 0) {
      unmaskInto(chunk, start, chunk, start, length, this.#mask, 0)
      this.#deliverInflated(chunk.subarray(start, end), isText)
    } else if (isText) {
      const high = unmaskInto(chunk, start, chunk, start, length, this.#mask, 0)
      this.#deliver(high === 0 ? asciiText(chunk, start, end) : textOf(chunk, start, end))
    } else if (chunk.buffer.byteLength <= length * 2 + SMALL_EXTRA_BYTES) {
      // The message is most of the memory it came in: handing out that memory costs no copy and pins at most as much again.
      unmaskInto(chunk, start, chunk, start, length, this.#mask, 0)
      this.#deliver(chunk.subarray(start, end))
    } else {
      const message = allocateMessage(length)
      unmaskInto(chunk, start, message, 0, length, this.#mask, 0)
      this.#deliver(message)
    }
  }

  #takePart(chunk: Buffer, offset: number, length: number, remaining: number): void {
    const last = (this.#first & 0x80) !== 0
    this.#message ??= new MessageBuffer(this.#first & 0x0f, (this.#first & 0x40) !== 0)
    const message = this.#message
    const max = header.payloadBytesMax(this.#limits.messageBytesMax, message.isCompressed)
    if (length > 0 && !message.append(chunk, offset, length, this.#mask, this.#phase, remaining, last, max)) {
      this.#violate(header.TEXT_NOT_UTF8)
      return
    }
    this.#remaining = remaining
    this.#phase = (this.#phase + length) & 3
    if (remaining > 0 || !last) return
    this.#message = null
    if (message.isCompressed) this.#deliverInflated(message.payload(), message.isText)
    else this.#deliver(message.finish())
  }

  #takeControl(chunk: Buffer, offset: number, length: number, remaining: number): void {
    const payload = this.#control ?? allocateMessage(length + remaining)
    unmaskInto(chunk, offset, payload, payload.length - remaining - length, length, this.#mask, this.#phase)
    this.#remaining = remaining
    this.#phase = (this.#phase + length) & 3
    this.#control = remaining > 0 ? payload : null
    if (remaining > 0) return
    const opcode = this.#first & 0x0f
    if (opcode === PING) this.#sink.readerOnPing(payload)
    else if (opcode !== CLOSE) this.#sink.readerOnPong(payload)
    else {
      const { code, reason, violation } = readClosePayload(payload)
      this.stop()
      if (violation === null) this.#sink.readerOnClose(code, reason)
      else this.#sink.readerOnViolation(violation)
    }
  }

  #deliverInflated(payload: Buffer, isText: boolean): void {
    const inflated = this.#inflater?.inflate(payload)
    if (inflated === undefined) return
    if (!Buffer.isBuffer(inflated)) this.#violate(inflated)
    else this.#deliver(isText ? textOf(inflated, 0, inflated.length) : inflated)
  }

  /** @param message null when it was to be text and is not UTF-8 */
  #deliver(message: string | Buffer | null): void {
    if (message === null) this.#violate(header.TEXT_NOT_UTF8)
    else {
      this.messages += 1
      this.#sink.readerOnMessage(message)
    }
  }

  #violate(violation: Violation): -1 {
    this.stop()
    this.#sink.readerOnViolation(violation)
    return -1
  }
}
