/**
 * A connection: one open WebSocket as users hold it.
 *
 * A thin front for its `Life`. When the connection closes, it lets go of the life and keeps its id, its ending and a few
 * numbers: even one forgotten in a map is small. Made by the server, ended by either side, the network or a limit.
 */
import { HoldfastError } from '../base/errors.ts'
import { refuseUnknown, wrongArgument } from '../base/options.ts'
import type { Scope } from '../base/scope.ts'
import { isCloseCodeOnWire } from '../protocol/close-codes.ts'
import { closeReasonFits } from '../protocol/close-payload.ts'
import { ENDINGS, type Ending, serverEnding } from '../protocol/ending.ts'
import { CONTROL_BYTES_MAX } from '../protocol/opcodes.ts'
import { beginClosing } from './closing.ts'
import type { Room } from './connection-context.ts'
import type { Life } from './life.ts'
import { bytesOf, type Message } from './message-bytes.ts'
import { drained, type SendResult, send, sendPing } from './sending.ts'
import type { StateName } from './state.ts'
import { note } from './timeline.ts'

/** What outlives a connection. */
export interface ConnectionEnd {
  /** Null when it has moved to another process. */
  readonly ending: Ending | null
  readonly messagesReceived: number
  readonly messagesSent: number
}

export interface EndOptions {
  /** Close code: 1000-1003, 1007-1014 or 3000-4999; default 1000. */
  readonly code?: number
  /** At most 123 bytes of UTF-8; default empty. */
  readonly reason?: string
}

let readLife: (connection: Connection) => Life | null

export class Connection<Data = unknown> {
  /** Unique in this process and, with high probability, beyond it. */
  readonly id: string
  /** When its 101 was written, in milliseconds since 1970. */
  readonly openedAt: number
  #life: Life | null
  #end: ConnectionEnd | null = null

  static {
    readLife = (connection) => (isObject(connection) && #life in connection ? connection.#life : null)
  }

  /** @internal */
  constructor(id: string, openedAt: number, life: Life) {
    this.id = id
    this.openedAt = openedAt
    this.#life = life
  }

  /** What `upgrade` returned. @throws HoldfastError HF_CONNECTION_CLOSED after the connection has closed */
  get data(): Data {
    return this.#alive('data').data as Data
  }

  /** The named parts of the path, percent-decoded. @throws HoldfastError HF_CONNECTION_CLOSED after it has closed */
  get params(): Readonly<Record<string, string>> {
    return this.#alive('params').params
  }

  /** The subprotocol agreed on, or the empty string. @throws HoldfastError HF_CONNECTION_CLOSED after it has closed */
  get protocol(): string {
    return this.#alive('protocol').protocol
  }

  /** The address the socket came from; with `trustedProxies`, what they say it is. @throws HoldfastError HF_CONNECTION_CLOSED after it has closed */
  get remoteAddress(): string {
    return this.#alive('remoteAddress').remoteAddress
  }

  get state(): StateName {
    if (this.#life !== null) return this.#life.state.name
    return this.#end?.ending === null ? 'moved' : 'closed'
  }

  /** How it ended, or is about to; null while it is open, and when it moves or has moved to another process. */
  get ending(): Ending | null {
    if (this.#end !== null) return this.#end.ending
    const state = this.#life?.state
    return state !== undefined && 'ending' in state ? state.ending : null
  }

  /** Aborts when the connection begins to end. Made on first use. @throws HF_CONNECTION_CLOSED after it has closed */
  get signal(): AbortSignal {
    return this.#alive('signal').scope.signal
  }

  /** The connection's lifetime: what is put into it is released with it. @throws HF_CONNECTION_CLOSED after it has closed */
  get scope(): Scope {
    return this.#alive('scope').scope
  }

  /** Bytes accepted by `send` that the kernel has not taken yet. */
  get bufferedBytes(): number {
    return this.#life?.outbox.bytes ?? 0
  }

  get messagesReceived(): number {
    return this.#life?.messagesReceived ?? this.#end?.messagesReceived ?? 0
  }

  get messagesSent(): number {
    return this.#life?.messagesSent ?? this.#end?.messagesSent ?? 0
  }

  /** Names of the rooms it is in. */
  get rooms(): readonly string[] {
    return [...(this.#life?.rooms ?? [])]
  }

  /**
   * Sends a message: text for a string, binary for bytes. Bytes must not be changed until they are sent.
   *
   * @returns `sent`: accepted, the socket takes bytes. `queued`: accepted behind a slow reader. `dropped`: the outbox is
   *   full and the route says `slow: 'drop-newest'`, or that of the server is. `ended`: the connection is ending or closed, also because this very
   *   message found the outbox full.
   * @throws HoldfastError HF_SEND_TYPE
   */
  send(message: Message): SendResult {
    const life = this.#life
    if (typeof message !== 'string') bytesOf(message, 'send()')
    return life === null ? 'ended' : send(life, message)
  }

  /**
   * Waits until the kernel has taken all that was sent: for a sender that goes at its reader's pace.
   *
   * @param signal ends the wait; a reader that never reads may take for ever
   * @returns true at once or when nothing waits any more; false when the connection is ending or closed before
   * @throws the reason of `signal` when it aborts
   */
  drained(signal?: AbortSignal): Promise<boolean> {
    return this.#life === null ? Promise.resolve(false) : drained(this.#life, signal)
  }

  /**
   * Sends a ping. The pong needs no handling: hearing anything at all keeps the connection.
   *
   * @param payload at most 125 bytes (RFC 6455 section 5.5)
   * @throws HoldfastError HF_SEND_TYPE, HF_SEND_TOO_LONG
   */
  ping(payload: Message = ''): SendResult {
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : bytesOf(payload, 'ping()')
    if (bytes.length > CONTROL_BYTES_MAX) throw tooLong('ping()', bytes.length, CONTROL_BYTES_MAX)
    return this.#life === null ? 'ended' : sendPing(this.#life, bytes)
  }

  /**
   * Ends the connection with a closing handshake: what was sent before is written first. Does nothing when it is ending.
   *
   * @throws HoldfastError HF_CLOSE_CODE, HF_SEND_TOO_LONG, HF_OPTION_INVALID, HF_OPTION_UNKNOWN
   */
  end(options: EndOptions = {}): void {
    checkEnd(options)
    const { code = 1000, reason = '' } = options
    if (!isCloseCodeOnWire(code)) throw new HoldfastError('HF_CLOSE_CODE', { code: String(code) })
    if (!closeReasonFits(reason)) throw tooLong('end() as reason', Buffer.byteLength(reason), CONTROL_BYTES_MAX - 2)
    if (this.#life === null) return
    if (this.#life.state.name !== 'closing') note(this.#life, 'end called', 'end')
    this.#life.end(serverEnding(code, reason))
  }

  /** Destroys the socket without a closing handshake; the peer sees 1006. */
  kill(): void {
    if (this.#life === null) return
    if (this.#life.state.name !== 'closing') note(this.#life, 'end called', 'kill')
    beginClosing(this.#life, ENDINGS.killed, 'kill')
  }

  /** Joins a room; false when it is in it already, is ending, or is in roomsMax rooms. @throws HoldfastError HF_OPTION_INVALID */
  join(room: string): boolean {
    if (typeof room !== 'string') throw wrongArgument('join()', 'room', room, 'the name of a room')
    const life = this.#life
    return life?.context.hub.join(life, room) ?? false
  }

  /** Leaves a room; false when it is not in it. */
  leave(room: string): boolean {
    const life = this.#life
    return life?.context.hub.leave(life, room) ?? false
  }

  /** A room by name, whether or not this connection is in it. @throws HF_CONNECTION_CLOSED after it has closed */
  room(name: string): Room {
    return this.#alive('room').context.hub.room(name)
  }

  /** Work that belongs to this connection; the same as `connection.scope.task`. Undefined when it has closed. */
  task<Result>(name: string, fn: (signal: AbortSignal) => Promise<Result> | Result): Promise<Result | undefined> {
    return this.#life === null ? Promise.resolve(undefined) : this.#life.scope.task(name, fn)
  }

  /** @internal lets go of everything but what is in `end` */
  endLife(end: ConnectionEnd): void {
    this.#life = null
    this.#end = end
  }

  #alive(property: string): Life {
    if (this.#life !== null) return this.#life
    const moved = this.#end?.ending === null
    throw new HoldfastError(moved ? 'HF_CONNECTION_MOVED' : 'HF_CONNECTION_CLOSED', { property, id: this.id })
  }
}

/** The live part of a connection, or null when it has closed. For the floors of the library, not for users. */
export function lifeOf(connection: Connection): Life | null {
  return readLife(connection)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** A caller used to `close(code, reason)` must not end with 1000 unawares. */
function checkEnd(options: EndOptions): void {
  if (!isObject(options)) {
    throw wrongArgument('end()', 'options', options, "an object such as { code: 4001, reason: 'signed out' }")
  }
  for (const name of Object.keys(options)) refuseUnknown('end()', name, ['code', 'reason'])
  if (options.reason !== undefined && typeof options.reason !== 'string') {
    throw wrongArgument('end()', 'reason', options.reason, 'a string')
  }
}

function tooLong(method: string, bytes: number, max: number): HoldfastError {
  return new HoldfastError('HF_SEND_TOO_LONG', { method, bytes, max, todo: 'shorten it, or send it as a message' })
}
