/**
 * Where lines go: a stream that keeps up, or is left behind. What waits is bounded: beyond that lines are left out, and counted. A stream
 * that breaks (whoever read the log has gone) ends the log and nothing else; one that cannot for now (a disk is full) loses lines, which are
 * counted, and goes on when it can.
 *
 * A stream is given one line at a time, and the next when it has passed that on. What a stream collects it writes in one piece, which
 * is longer than what a pipe takes at once: another process that writes to the same pipe would come in between, in the middle of a line.
 *
 * Owned by one log; ends with `end()`: what waits then is still given to the stream, line by line as it takes them, and its failure is
 * listened for until that is over. The stream belongs to whoever gave it, and is not closed. This file and `cli/` are all that writes to the standard streams, and only for
 * who asked for it.
 */
import { messageOf } from '../../base/errors.ts'
import type { LogSink } from './log-options.ts'
import { prettyLine } from './pretty.ts'

export interface LineWriterInit {
  readonly sink: LogSink
  readonly pretty: boolean
  readonly colors: boolean
  /** There is room again: so many lines were left out before. It may write. */
  writerOnLost(lines: number): void
}

export const WAITING_BYTES_MAX = 1024 * 1024

export function standardOutput(): LogSink {
  return process.stdout
}

export function standardError(): LogSink {
  return process.stderr
}

/** It will not be there again. */
const GONE = ['EPIPE', 'EIO', 'EBADF', 'ECONNRESET', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END']

interface Waiting {
  readonly text: string
  /** So many lines are lost with it: itself, or those that it tells of. */
  readonly lines: number
}

export class LineWriter {
  readonly #init: LineWriterInit
  // Bounded by WAITING_BYTES_MAX. Removed by: #pass(), or the stream breaks.
  #waiting: Waiting[] = []
  #waitingBytes = 0
  /** The last line that was given to a stream that has not passed it on. */
  #given: object | null = null
  /** Lines of which the stream has not said what became of them. */
  #open = 0
  #lost = 0
  #linesOfNext = 1
  #broken = false
  #warned = false
  #ended = false

  constructor(init: LineWriterInit) {
    this.#init = init
    init.sink.on?.('error', this.#sinkOnError)
  }

  /** @param line with its line feed */
  write(line: string): void {
    if (this.#broken) return
    const lines = this.#linesOfNext
    if (this.#behind) {
      this.#lost += lines
      return
    }
    if (lines === 1) this.#tellLost()
    const { pretty, colors } = this.#init
    const text = pretty ? prettyLine(line, colors) : line
    this.#waiting.push({ text, lines })
    this.#waitingBytes += Buffer.byteLength(text)
    this.#pass()
  }

  /** Is there anything that the stream has not passed on? */
  get waits(): boolean {
    return !this.#broken && (this.#waiting.length > 0 || this.#open > 0)
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#tellLost()
    if (this.#open === 0) this.#forget()
  }

  get #behind(): boolean {
    if (this.#ended) return false
    return this.#waitingBytes + (this.#init.sink.writableLength ?? 0) > WAITING_BYTES_MAX
  }

  #tellLost(): void {
    const lost = this.#lost
    if (lost === 0) return
    this.#lost = 0
    this.#linesOfNext = lost
    this.#init.writerOnLost(lost)
    this.#linesOfNext = 1
  }

  #pass(): void {
    while (!this.#broken) {
      if (this.#given !== null && this.#init.sink.writableLength !== 0) return
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#waitingBytes -= Buffer.byteLength(next.text)
      this.#give(next)
    }
  }

  #give(one: Waiting): void {
    const { sink } = this.#init
    // What is no stream takes a line and nothing else.
    if (sink.writableLength === undefined) {
      sink.write(one.text)
      return
    }
    this.#given = one
    this.#open++
    sink.write(one.text, (error) => this.#sinkOnPassed(one, error))
    if (sink.writableLength === 0) this.#given = null
  }

  #sinkOnPassed(one: Waiting, error: unknown): void {
    this.#open--
    if (this.#given === one) this.#given = null
    if (error !== undefined && error !== null) this.#lost += one.lines
    this.#pass()
    // Its failure is told just after this.
    if (this.#ended && this.#open === 0) setImmediate(() => this.#forget())
  }

  readonly #sinkOnError = (error: unknown): void => {
    const { sink } = this.#init
    const isGone = sink.destroyed === true || GONE.includes((error as NodeJS.ErrnoException)?.code ?? 'none')
    if (sink.writableLength === undefined || isGone) this.#break()
    if (this.#warned) return
    this.#warned = true
    const how = this.#broken ? 'any more' : 'now; it goes on when it can'
    process.emitWarning(`the log cannot be written ${how}: ${messageOf(error)}`, 'HoldfastWarning')
  }

  #break(): void {
    this.#broken = true
    this.#waiting = []
    this.#waitingBytes = 0
  }

  #forget(): void {
    this.#init.sink.off?.('error', this.#sinkOnError)
  }
}
