/**
 * The whole of a terminal, for a command that draws over and over: a second page, so that what was there before comes back, and keys
 * one by one. Made by the command that wants it, which ends it with `end()`; so does the end of the process.
 */
import { emitKeypressEvents, type Key } from 'node:readline'
import type { ReadStream, WriteStream } from 'node:tty'
import type { Screen } from './command.ts'

const ENTER = '\x1b[?1049h\x1b[?25l'
const LEAVE = '\x1b[?25h\x1b[?1049l'
/** To the upper left; of each line what is behind it goes, and behind the last all. */
const HOME = '\x1b[H'
const LINE_END = '\x1b[K'
const REST = '\x1b[J'

export class TerminalScreen implements Screen {
  readonly #input: ReadStream
  readonly #output: WriteStream
  readonly #onKey: (key: string) => void
  #ended = false

  constructor(input: ReadStream, output: WriteStream, onKey: (key: string) => void) {
    this.#input = input
    this.#output = output
    this.#onKey = onKey
    emitKeypressEvents(input)
    input.setRawMode(true)
    input.addListener('keypress', this.#inputOnKey)
    input.resume()
    process.once('exit', this.#processOnExit)
    output.write(ENTER)
  }

  get columns(): number {
    return this.#output.columns
  }

  get rows(): number {
    return this.#output.rows
  }

  show(lines: readonly string[]): void {
    if (this.#ended) return
    const fitting = lines.slice(0, this.rows).map((line) => line + LINE_END)
    this.#output.write(`${HOME}${fitting.join('\r\n')}${REST}`)
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    process.off('exit', this.#processOnExit)
    this.#input.removeListener('keypress', this.#inputOnKey)
    this.#input.setRawMode(false)
    this.#input.pause()
    this.#output.write(LEAVE)
  }

  readonly #processOnExit = (): void => this.end()

  readonly #inputOnKey = (text: string | undefined, key: Key | undefined): void => {
    this.#onKey(key?.sequence ?? text ?? '')
  }
}
