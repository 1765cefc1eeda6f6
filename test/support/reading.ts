/**
 * A frame reader for tests, and a sink that writes down what it says.
 */
import { FrameReader } from '../../src/protocol/frame-reader.ts'
import type { MessageInflater, ReaderLimits, ReaderSink } from '../../src/protocol/reader-sink.ts'
import type { Violation } from '../../src/protocol/violation.ts'
import { chunksOf } from './wire.ts'

export const LIMITS: ReaderLimits = { messageBytesMax: 1 << 20, fragmentsMax: 2048, controlFramesPerSecondMax: 100_000 }

export type Event = readonly [kind: string, ...what: unknown[]]

/** Writes down what the reader says; `onEvent` may act on the reader from inside the call. */
export class Recorder implements ReaderSink {
  readonly events: Event[] = []
  onEvent: (event: Event) => void = () => {}

  #note(...event: Event): void {
    this.events.push(event)
    this.onEvent(event)
  }

  readerOnMessage(message: string | Buffer): void {
    this.#note(typeof message === 'string' ? 'text' : 'binary', message)
  }

  readerOnPing(payload: Buffer): void {
    this.#note('ping', payload.toString())
  }

  readerOnPong(payload: Buffer): void {
    this.#note('pong', payload.toString())
  }

  readerOnClose(code: number, reason: string): void {
    this.#note('close', code, reason)
  }

  readerOnViolation(violation: Violation): void {
    this.#note('violation', violation.code, violation.reason)
  }
}

export interface Setting {
  readonly limits?: Partial<ReaderLimits>
  readonly inflater?: MessageInflater
  readonly now?: () => number
}

export function setUp({ limits, inflater, now }: Setting = {}): { reader: FrameReader; sink: Recorder } {
  const sink = new Recorder()
  const reader = new FrameReader(sink, { ...LIMITS, ...limits }, inflater ?? null, now ?? (() => 0))
  return { reader, sink }
}

export function readAll(stream: Buffer, chunkBytes: number, setting?: Setting): Event[] {
  const { reader, sink } = setUp(setting)
  for (const chunk of chunksOf(stream, chunkBytes)) reader.read(chunk)
  return sink.events
}

/** The chunk sizes every stream is read in. */
export const CHUNKS = [1, 2, 3, 7, 997, 65_536, Number.MAX_SAFE_INTEGER]
/** Not deflate, but as strict: `<` and `>` around what it gets, and two payloads it refuses. */
export const inflater: MessageInflater = {
  inflate(payload) {
    if (payload[0] === 0x21) return { code: 1007, reason: 'does not inflate' }
    if (payload[0] === 0x22) return { code: 1009, reason: 'too big' }
    return Buffer.concat([Buffer.from('<'), payload, Buffer.from('>')])
  },
}
