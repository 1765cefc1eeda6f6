/**
 * The whole of a terminal, for a command that draws over and over: a second page, so that what was there before comes back, and keys
 * one by one. Made by the command that wants it, which ends it with `end()`; so does the end of the process.
 */
import { emitKeypressEvents, type Key } from 'node:readline'
import type { ReadStream, WriteStream } from 'node:tty'
import type { Screen } from './command.ts'

/** The other page, no cursor, and lines that are too long are cut off by the terminal: what is wide or narrow is up to it. */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l'
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l'
/** What a terminal has that does not say, on a serial line or in a container say. */
const COLUMNS = 80
const ROWS = 24
/** To the upper left; of each line what is behind it goes, and behind the last all. */
const HOME = '\x1b[H'
const LINE_END = '\x1b[K'
const REST = '\x1b[J'

export class TerminalScreen implements Screen {
  readonly #input: ReadStream
  readonly #output: WriteStream
  readonly #onKey: (key: string) => void
  readonly #onResize: () => void
  #ended = false

  constructor(input: ReadStream, output: WriteStream, onKey: (key: string) => void, onResize: () => void) {
    this.#input = input
    this.#output = output
    this.#onKey = onKey
    this.#onResize = onResize
    emitKeypressEvents(input)
    input.setRawMode(true)
    input.addListener('keypress', this.#inputOnKey)
    input.resume()
    output.addListener('resize', this.#outputOnResize)
    process.once('exit', this.#processOnExit)
    output.write(ENTER)
  }

  get columns(): number {
    return this.#output.columns || COLUMNS
  }

  get rows(): number {
    return this.#output.rows || ROWS
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
    this.#output.removeListener('resize', this.#outputOnResize)
    this.#input.setRawMode(false)
    this.#input.pause()
    this.#output.write(LEAVE)
  }

  readonly #processOnExit = (): void => this.end()

  readonly #outputOnResize = (): void => this.#onResize()

  readonly #inputOnKey = (text: string | undefined, key: Key | undefined): void => {
    this.#onKey(key?.sequence ?? text ?? '')
  }
}
