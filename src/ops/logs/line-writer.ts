/**
 * Where lines go: a stream that keeps up, or is left behind. What waits in it is bounded: beyond that lines are left out, and counted. A
 * stream that breaks (whoever read the log has gone) ends the log and nothing else.
 *
 * Owned by one log; ends with `end()`. The stream belongs to whoever gave it, and is not closed. This file and `cli/` are all that
 * writes to the standard streams, and only for who asked for it.
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

export class LineWriter {
  readonly #init: LineWriterInit
  #lost = 0
  #broken = false

  constructor(init: LineWriterInit) {
    this.#init = init
    init.sink.on?.('error', this.#sinkOnError)
  }

  /** @param line with its line feed */
  write(line: string): void {
    const { sink, pretty, colors } = this.#init
    if (this.#broken) return
    if ((sink.writableLength ?? 0) > WAITING_BYTES_MAX) {
      this.#lost++
      return
    }
    const lost = this.#lost
    this.#lost = 0
    if (lost > 0) this.#init.writerOnLost(lost)
    sink.write(pretty ? prettyLine(line, colors) : line)
  }

  end(): void {
    this.#init.sink.off?.('error', this.#sinkOnError)
  }

  readonly #sinkOnError = (error: unknown): void => {
    if (this.#broken) return
    this.#broken = true
    process.emitWarning(`the log cannot be written any more: ${messageOf(error)}`, 'HoldfastWarning')
  }
}
