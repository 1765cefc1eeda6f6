/**
 * The door behind the front door: what the floors above (rollout) do with a server that a user has made. The app may have
 * imported another copy of this package, so it is found by a symbol of the whole process, whose number says which
 * version of this contract it is. Types and a constant; nothing to end.
 */
import type { HoldfastError } from '../base/errors.ts'
import type { Held } from '../base/scope-context.ts'
import type { Broker } from '../broker/broker.ts'
import type { Connection } from '../connection/connection.ts'
import type { EndObserver, WorkObserver } from '../connection/connection-context.ts'
import type { ConnectionFacts } from '../connection/facts.ts'
import type { Departed } from '../connection/move.ts'
import type { MoveObstacle, MoveWait } from '../connection/obstacle.ts'
import type { StateName } from '../connection/state.ts'
import type { Topic } from '../connection/topic.ts'
import type { LeakAnnouncer } from './leak-announcers.ts'
import type { NotReady, ReadyCheck } from './readiness.ts'
import type { ServerFigures } from './server-figures.ts'
import type { UpgradeObserver } from './upgrade-observer.ts'

/** Where a server keeps its internals: `server[INTERNALS]`. */
export const INTERNALS: unique symbol = Symbol.for('holdfast.internals.5')

export interface ServerInternals {
  /**
   * Listens on a raw listening handle: with the attached HTTP server if there is one, otherwise with one of its own.
   *
   * @throws HoldfastError HF_SERVER_STATE when it is listening, closed, or attached to more than one HTTP server
   */
  listenOn(handle: object): Promise<void>
  /** No new sockets: closes our copy of the listening handle. What was accepted is still served; keep-alive ends. */
  stopListening(): void
  /** Closes all connections of its HTTP servers, those of the application too. For a process that is about to end. */
  hangUp(): void
  /** How many sockets were accepted of which nobody knows yet what they want; a WebSocket may still become of them. */
  strangers(): Promise<number>
  readonly departures: Departures
  readonly arrivals: Arrivals
  /**
   * From now on what is published here reaches the other workers, and what they publish comes here. Once, for good; the broker
   * is ended by whoever made it, after the server has closed.
   */
  connectBroker(broker: Broker): void
  /** What is held and what runs now, in this server and in its connections: looks only. */
  work(visitor: WorkVisitor): void
  /** One more who is told of work from now on. The returned function ends that. */
  observe(observer: WorkObserver): () => void
  /** All connections that are not closed now, oldest first: looks only. */
  connections(visitor: ConnectionVisitor): void
  /** One of them; null when there is none with this id. */
  connection(id: string): ConnectionFacts | null
  /** One more who is told how connections end. The returned function ends that. */
  observeEnds(observer: EndObserver): () => void
  /** For whoever finds leaks. Where there are several, only the one that was there first is heard, so that each is announced once. */
  leakAnnouncer(): LeakAnnouncer
  /** Why it takes no connections now; empty when it does. Counts nothing; announces it when it has changed since somebody asked last. */
  notReady(): readonly NotReady[]
  /** One more condition for being ready. The returned function takes it away. */
  readyWhen(name: string, check: ReadyCheck): () => void
  /** The route that a path would come to, as it was declared; null when there is none. */
  routeOf(path: string): string | null
  /** Where a route was declared: the stack of the call, as text; undefined when there is no such route. */
  declaredAt(route: string): string | undefined
  /** Who is told of upgrade requests. The returned function ends that; null: somebody is told already. */
  observeUpgrades(observer: UpgradeObserver): (() => void) | null
  /** From now on everything is counted that figures() tells. Once is enough: it goes on until the server ends. */
  countTraffic(): void
  /** What is counted, now: looks at every connection, some at a time. */
  figures(): Promise<ServerFigures>
  /** Announces an error as those of user code are: it is never silent. */
  report(error: HoldfastError): void
  /** False from the moment it begins to close. */
  readonly isReady: boolean
}

export type { EndObserver, WorkObserver } from '../connection/connection-context.ts'
export type { ConnectionFacts } from '../connection/facts.ts'
export type { Departed } from '../connection/move.ts'
export type { MoveObstacle, MoveWait } from '../connection/obstacle.ts'
export type { NotReady, ReadyCheck } from './readiness.ts'
export type { ServerFigures } from './server-figures.ts'
export type { UpgradeAsked, UpgradeObserver, UpgradeWatch } from './upgrade-observer.ts'

/** Is shown work, one piece after the other. */
export interface WorkVisitor {
  /** Something that a scope holds. @param label the route of its connection, or `server` */
  workOnHeld(label: string, held: Held): void
  /** A handler that runs. @param ageMs since it began */
  workOnHandler(route: string, handler: string, ageMs: number, overdue: boolean): void
}

/** Is shown connections, one after the other. */
export interface ConnectionVisitor {
  /**
   * @param look what is known of it, for whoever wants more; only while it is shown, or in the same turn
   * @param id cheaper than a look
   */
  connectionOnSeen(route: string, state: StateName, look: () => ConnectionFacts, id: string): void
}

/** The old side of a move. */
export interface Departures {
  /** Why it cannot move, or null. Looks only; counts nothing. */
  obstacle(connection: Connection): MoveObstacle | null
  /** What `freeze` would have to wait for, or null. */
  waitsFor(connection: Connection): MoveWait | null
  /** What it gets now, for `Arrivals.expect`: what is published to all, to its rooms and to its user. */
  topicsOf(connection: Connection): readonly Topic[]
  /** Open connections now, those that are leaving left out; no copy is made. */
  connections(): IterableIterator<Connection>
  /**
   * Stops reading, waits until its handler queue is idle and its tasks (their signal aborts with the reason `moved`) are
   * done. What is sent to it meanwhile reaches its outbox; its heartbeat and its deadlines stand still.
   *
   * @param withinMs at most this long; tasks get at most five seconds of it
   * @returns null when it has an obstacle, began to end, or was still busy: then it is served as before (when its tasks had been told
   *   to stop: with a new scope, and `hold` has run again with `{ moved: true }`)
   */
  freeze(connection: Connection, withinMs: number): Promise<Frozen | null>
}

/**
 * A connection that is not read and not handled. Ends with exactly one of adopted(), refused(), unanswered(), unfreeze(), or by
 * itself: when the connection ends first, or after a minute (before `depart`: unfrozen; after it: unanswered). What is called too late does nothing.
 */
export interface Frozen {
  readonly id: string
  /** What it gets now, for `Arrivals.expect`. */
  readonly topics: readonly Topic[]
  /**
   * Waits until the socket has taken what it was given (no more is given), then it is `moving`: its scope has ended with the
   * reason `moved`, and it is out of the rooms of this server, which keep for it what is published in case it comes back.
   *
   * @returns null when that took longer than `withinMs`, it began to end, or its data could not be saved: then it is unfrozen
   */
  depart(withinMs: number): Promise<Departed | null>
  /** The other side has it: closes our descriptor, never writes, ends or shuts down. */
  adopted(): void
  /** The other side will never have it: open again, reads on, has a new scope, and `hold` runs with `{ moved: true }`. */
  refused(): void
  /** Nobody knows: like adopted(), announced and counted as such. */
  unanswered(): void
  /** Before depart(): as if nothing had happened. */
  unfreeze(): void
}

/** The new side of a move. */
export interface Arrivals {
  /**
   * From now on what is published to these topics is kept for it (at most outboxBytesMax), until commit() or abandon(), or for a
   * minute. A second call adds topics.
   */
  expect(id: string, topics: readonly string[]): void
  /**
   * Takes the descriptor and makes everything ready: nothing is read or written, and no user code runs but `restore`.
   *
   * @throws HoldfastError HF_MOVE_REFUSED: then our copy of the descriptor is closed without a byte, and what was kept is gone
   */
  adopt(id: string, state: Uint8Array, handle: object): Promise<void>
  /** From here on it is ours: open, in its rooms, `hold` runs with `{ moved: true }`, it is written to and read. */
  commit(id: string): void
  /** Never: closes our copy of the descriptor without a byte; what was kept is gone; an adopt() of this id that comes later is refused. */
  abandon(id: string): void
  /** It was expected and is not sent: what was kept is gone. It may be expected again. Does nothing once it is adopted, or was abandoned. */
  forget(id: string): void
  /** How many are adopted and neither committed nor abandoned. */
  readonly size: number
}
