/**
 * The handlers of a route: what users write. Types only.
 */
import type { Ending } from '../protocol/ending.ts'
import type { Connection } from './connection.ts'
import type { Turn } from './turn.ts'

/** Why `hold` runs: the connection was opened here, or has moved here from another process (or comes back from a move that failed). */
export interface Hold {
  readonly moved: boolean
}

/** How `connection.data` gets into another process when it is more than plain data. */
export interface Handoff<Data> {
  /**
   * What is to travel: plain objects, arrays, Map, Set, Date, typed arrays and primitives. Called when the connection moves, before its
   * scope is released. When it throws, the connection is not moved.
   */
  save(connection: Connection<Data>): unknown
  /**
   * Makes `data` of what `save` returned, in the other process; may return a promise. When it throws, or takes longer than
   * handlerTimeoutMs, the connection stays where it was.
   */
  restore(value: unknown): Data | Promise<Data>
}

export interface ConnectionHandlers<Data> {
  /**
   * Whose connection it is: once in its life, just before `open`. `server.user(key)` then reaches all connections with that
   * key. Undefined, null or the empty string: nobody's. Anything else, a promise too, is a mistake and as if it had thrown: it is
   * announced as HF_HANDLER_FAILED, the connection ends with 1011, and `close` runs although `open` did not.
   */
  user?(connection: Connection<Data>): string | undefined
  /**
   * What the others in a room may see of it, for `room.presence()`: called each time that is asked for, never kept. What it
   * throws is announced as HF_SHOWS_FAILED, and null is shown.
   */
  shows?(connection: Connection<Data>): unknown
  /** Once in the connection's life, before any message. May return a promise; messages wait for it. */
  open?(connection: Connection<Data>): unknown
  /**
   * In every process that takes the connection up: after `open`, and after each move; also when it was to move and stays after
   * all. For timers and listeners: whatever it puts into the scope has ended before.
   */
  hold?(connection: Connection<Data>, hold: Hold): unknown
  /**
   * For each message, in order: a string for text, a Buffer for binary. The next message waits for the promise it returns.
   * A handler that throws ends the connection with 1011 and is announced as HF_HANDLER_FAILED.
   */
  message?(connection: Connection<Data>, message: string | Buffer, turn: Turn): unknown
  /**
   * Exactly once for each `open`: when the handler that ran has finished, or closeTimeoutMs after the socket has gone. The last
   * moment to read `connection.data`; a promise it returns is waited for, at most handlerTimeoutMs.
   */
  close?(connection: Connection<Data>, ending: Ending): unknown
  /** How `connection.data` moves to another process, if it is not plain data. */
  readonly handoff?: Handoff<Data>
}

/** What a connection needs to know of its route. */
export interface RouteHandlers {
  readonly path: string
  readonly handlers: ConnectionHandlers<unknown>
}
