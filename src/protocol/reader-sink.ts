/**
 * What a frame reader is given: its limits, where it delivers to, and how it inflates.
 * Types only: no state, nothing to end.
 */
import type { Violation } from './violation.ts'

export interface ReaderLimits {
  /** The longest message, as sent and as inflated, in bytes. */
  readonly messageBytesMax: number
  /** The most frames of one message, empty ones included. */
  readonly fragmentsMax: number
  /** The most pings and pongs that may come in one second of the clock. */
  readonly controlFramesPerSecondMax: number
}

export interface ReaderSink {
  /** A string for text, a Buffer for binary. The receiver owns it. */
  readerOnMessage(message: string | Buffer): void
  readerOnPing(payload: Buffer): void
  readerOnPong(payload: Buffer): void
  /** The code is 1005 when the frame had no payload. Nothing is read after it. */
  readerOnClose(code: number, reason: string): void
  /** Nothing is read after it. */
  readerOnViolation(violation: Violation): void
}

/** What the reader needs of permessage-deflate. */
export interface MessageInflater {
  /** Inflates one message within its own bound: 1009 when it is over, 1007 when it does not inflate. Does not keep `payload`. */
  inflate(payload: Buffer): Buffer | Violation
}
