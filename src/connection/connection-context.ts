/**
 * What a connection needs of the server it lives in: one object, shared by all connections of a server.
 * The parts are described here and built above (hub/, server/). Owned by the server, ends with it.
 */
import type { HoldfastError } from '../base/errors.ts'
import type { Events } from '../base/events.ts'
import type { ScopeObserver } from '../base/scope-context.ts'
import type { Wheel } from '../base/wheel.ts'
import type { Ending } from '../protocol/ending.ts'
import type { Violation } from '../protocol/violation.ts'
import type { ByteBudget } from './byte-budget.ts'
import type { Connection } from './connection.ts'
import type { ConnectionFacts } from './facts.ts'
import type { FlushQueue } from './flush-queue.ts'
import type { Life } from './life.ts'
import type { OutboxBudget } from './outbox-budget.ts'
import type { RateLimit } from './receive-rate.ts'
import type { StateName } from './state.ts'
import type { Traffic } from './traffic.ts'
import type { Turn } from './turn.ts'

/**
 * Why a message was not sent: the connection was ended for it, it was the newest or the oldest that waited, a newer one with
 * the same key has taken its place, or outboxTotalBytesMax was spent.
 */
export type DropReason = 'end' | 'drop-newest' | 'drop-oldest' | 'latestBy' | 'budget'

/** What happens to connections, by name. Announced on the server and on the diagnostics channels `holdfast:<name>`. */
export interface ConnectionEvents {
  /** A connection is open: its 101 has been written. */
  open: { readonly connection: Connection; readonly route: string }
  /** A connection is closed: everything it had is released. */
  close: { readonly connection: Connection; readonly route: string; readonly ending: Ending }
  /** A connection that was open in another process is open here. */
  adopted: { readonly connection: Connection; readonly route: string }
  /** A connection has moved to another process; with `answered` false, that process has not said whether it has it. */
  moved: { readonly connection: Connection; readonly route: string; readonly answered: boolean }
  /** The peer broke a rule; the connection is being ended. */
  violation: { readonly connection: Connection; readonly route: string; readonly violation: Violation }
  /** Messages were not sent to a slow reader, now or although they had been accepted. Of one: its bytes; else 0. */
  drop: {
    readonly connection: Connection
    readonly route: string
    readonly reason: DropReason
    readonly bytes: number
    readonly messages: number
  }
  /** Messages that had come were not handled, because the connection was lost or ended before. */
  discard: { readonly connection: Connection; readonly route: string; readonly messages: number }
  /** A handler has run into handlerTimeoutMs. */
  overdue: { readonly connection: Connection; readonly route: string; readonly error: HoldfastError }
  /** User code failed: a handler, a task, a release, an upgrade. */
  error: { readonly error: HoldfastError; readonly connection?: Connection; readonly route?: string }
}

/** The counters of the ledger that connections move. */
export interface ConnectionLedger {
  connectionMoved(from: StateName, to: StateName): void
  /** It has just moved to `closed`. */
  connectionEnded(ending: Ending, violation: boolean): void
  openHooks: number
  closeHooks: number
  movesUnanswered: number
  movesRefused: number
  messagesReceived: number
  messagesSent: number
  messagesDropped: number
  messageDropped(route: string, reason: string, count?: number): void
  messagesDiscarded: number
  sockets: number
}

/** Somebody who is in a room. */
export interface Presence {
  /** Of the connection. */
  readonly id: string
  /** What the handler `user` gave for it; null for nobody. */
  readonly user: string | null
  /** What the handler `shows` gave just now; null when there is none, or it threw. */
  readonly shown: unknown
}

/** A room as users hold it: a name, whoever is in it at the moment of the call, and nothing to end. */
export interface Room {
  readonly name: string
  /** How many connections of this process are in it; those at other workers are not counted. */
  readonly size: number
  /** The connections of this process in it. Iterating makes no copy; connections may end, and leave, meanwhile. */
  readonly members: Iterable<Connection>
  /**
   * Who of this process is in it, with what the handler `shows` of the route of each shows to others: plain data, ready for JSON.stringify.
   *
   * Made when asked, by calling `shows` for every member: announce who comes and goes instead of asking for each message.
   */
  presence(): Presence[]
  /**
   * Sends to all members; framed once, the bytes are shared. With several workers it goes to the members in all of them, in
   * the order in which this one publishes; to the others at most once: what is published while somebody joins there, or their
   * worker dies, may be lost for them.
   *
   * @param message text, or bytes that must not be changed until they are sent
   * @returns how many members here it was accepted for; those of other workers are not counted
   * @throws HoldfastError HF_SEND_TYPE
   */
  publish(message: string | ArrayBufferView | ArrayBuffer, options?: { readonly except?: Connection }): number
}

/** Where rooms are kept: hub/. */
export interface RoomsPort {
  join(life: Life, room: string): boolean
  nameUser(life: Life, key: string): void
  leave(life: Life, room: string): boolean
  leaveAll(life: Life): void
  room(name: string): Room
  /**
   * It is about to leave for another process: out of its rooms and away from its user, and what is published to them is kept.
   * Returns what tells the other process which messages it has had; a plain value.
   */
  depart(life: Life): unknown
  /** It has left: what was kept for it goes. */
  departed(life: Life): void
  /** It stays after all: where it was before, and sent what was kept. */
  comeBack(life: Life): void
  /** It has come from another process, where it was in these rooms: the same here, and sent what was kept for it. */
  arrive(life: Life, rooms: readonly string[], user: string | null, marks: unknown): void
  /** The connection is closed, or has moved: forget it. */
  remove(life: Life): void
}

/** Told of work, while somebody wants to know. Must not throw, and must not keep a turn. */
export interface WorkObserver extends ScopeObserver {
  /** A handler that runs has outlived its connection. */
  handlerOnLeft(route: string, handler: string, turn: Turn): void
  /** One that had has finished after all. */
  handlerOnDone(turn: Turn): void
}

/** Told how connections end, while somebody wants to know. Must not throw. */
export interface EndObserver {
  /** It is closed, or has moved to another process. */
  connectionOnEnded(facts: ConnectionFacts): void
}

export interface ConnectionContext {
  /** Null while nobody wants to know. */
  readonly observer: WorkObserver | null
  /** Null while nobody wants to know. */
  readonly endObserver: EndObserver | null
  /** Null while nobody wants to know. */
  readonly traffic: Traffic | null
  readonly wheel: Wheel
  /** `wheel.now`, as a function. */
  readonly now: () => number
  /** Milliseconds since 1970. */
  readonly wallNow: () => number
  readonly events: Pick<Events<ConnectionEvents>, 'wanted' | 'emit'>
  readonly ledger: ConnectionLedger
  readonly flushes: FlushQueue
  readonly inboxBudget: ByteBudget
  readonly outboxBudget: OutboxBudget
  readonly hub: RoomsPort
  /** A connection has reached a limit. Counts and announces it; true when it is to be enforced. */
  limitOnReached(limit: RateLimit | 'roomsMax', connection: Connection, route: string): boolean
  /** Announces an error of user code, with a way that is never silent. */
  report(error: HoldfastError, connection?: Connection, route?: string): void
}
