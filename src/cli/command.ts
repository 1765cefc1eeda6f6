/** What a command is, and what it is given. Types only: a command returns its exit code and never exits itself. */
import type { Flags } from './flags.ts'

/** 0: done. 1: the finding is bad. 2: it could not run. */
export type ExitCode = 0 | 1 | 2

/** The whole of a terminal. */
export interface Screen {
  readonly columns: number
  readonly rows: number
  /** Draws these lines from the top on, and nothing below them. */
  show(lines: readonly string[]): void
  /** What was there before is there again. */
  end(): void
}

/** Where a command writes, and what else it has of its process. */
export interface Terminal {
  /** Results. One line, without its end. */
  out(line: string): void
  /** Everything else. */
  note(line: string): void
  /** Draws over what was drawn before; null: nobody watches. */
  readonly draw: ((line: string) => void) | null
  /** Asks a question and waits for its answer, which is no when the signal aborts; null: nobody is there to answer. */
  readonly ask: ((question: string, signal: AbortSignal) => Promise<boolean>) | null
  /** Takes the whole of it, and its keys, until `end()`; null: nobody watches. */
  readonly screen: ((screenOnKey: (key: string) => void, screenOnResize: () => void) => Screen) | null
  readonly env: NodeJS.ProcessEnv
  onSignal(signal: NodeJS.Signals, listener: () => void): void
  /** Calls it when nobody reads any more what is written, as behind `| head`, or it cannot be written. */
  onUnread(listener: () => void): void
}

export interface Command {
  /** One line behind its name: what follows it. */
  readonly usage: string
  readonly about: string
  readonly flags: Flags
  /** Below the flags in its help, line by line: examples, what is said at the end, exit codes. */
  readonly more?: readonly string[]
  /** When it is done, what it has written and nobody has read is waited for so long; without it, until it is read. */
  readonly unreadMs?: number
  run(args: readonly string[], terminal: Terminal): Promise<ExitCode>
}
