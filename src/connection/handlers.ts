/**
 * The handlers of a route: what users write. Types only.
 */
import type { Ending } from '../protocol/ending.ts'
import type { Connection } from './connection.ts'
import type { Turn } from './turn.ts'

/** Why `hold` runs: the connection was opened here, or has moved here from another process. */
export interface Hold {
  readonly moved: boolean
}

export interface ConnectionHandlers<Data> {
  /** Once in the connection's life, before any message. May return a promise; messages wait for it. */
  open?(connection: Connection<Data>): unknown
  /** In every process that takes the connection up: after `open`, and after each move. For timers and listeners. */
  hold?(connection: Connection<Data>, hold: Hold): unknown
  /**
   * For each message, in order: a string for text, a Buffer for binary. The next message waits for the promise it returns.
   * A handler that throws ends the connection with 1011 and is announced as HF_HANDLER_FAILED.
   */
  message?(connection: Connection<Data>, message: string | Buffer, turn: Turn): unknown
  /**
   * In a `server.drain()`, when the connection's turn has come and what it was doing has finished: the moment to say goodbye.
   * A promise it returns is waited for, at most handlerTimeoutMs and until the drain's deadline. It may call
   * `connection.end()` itself; otherwise 1012 follows. No message is handled any more.
   */
  drain?(connection: Connection<Data>): unknown
  /**
   * Exactly once for each `open`: when the handler that ran has finished, or closeTimeoutMs after the socket has gone. The last
   * moment to read `connection.data`; a promise it returns is waited for, at most handlerTimeoutMs.
   */
  close?(connection: Connection<Data>, ending: Ending): unknown
}

/** What a connection needs to know of its route. */
export interface RouteHandlers {
  readonly path: string
  readonly handlers: ConnectionHandlers<unknown>
}
