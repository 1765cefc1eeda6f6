/**
 * The states of a connection and the moves between them. Nothing else writes a state.
 *
 * What comes before (`opening`) belongs to the upgrade request, see server/opening.ts. A field exists only in the state
 * in which it means something. A connection has one deadline, and no state can be moved into without saying how long it
 * may take; in `open` it is the heartbeat. `closed` and `moved` are ends: no move leaves them.
 */
import type { Deadline, Wheel } from '../base/wheel.ts'
import type { Ending } from '../protocol/ending.ts'

export interface OpenState {
  readonly name: 'open'
  /** Not null while it is frozen: not read, its heartbeat stands still, because it is about to move. */
  readonly leave: Leave | null
}

/** No new work; what runs may finish, until the deadline. */
export interface DrainingState {
  readonly name: 'draining'
  readonly ending: Ending
  /** A close frame has come, and is answered when what runs has finished. */
  received: boolean
}

/** The ending chain is under way, see closing.ts. */
export interface ClosingState {
  readonly name: 'closing'
  /** `clean` is known when the socket is gone. */
  ending: Ending
  step: 'handshake' | 'finish' | 'destroy' | 'join' | 'farewell'
  /** The peer broke a rule, and that is why. */
  readonly violation?: boolean
  /** We have sent a close frame. */
  sent: boolean
  /** A close frame has come. */
  received: boolean
  /** When its `close` began, where handlers are timed. */
  closeBeganAt?: number
}

/** Its socket is on the way to another process. Who is asked to end it now can only remember that, for the case that it comes back. */
export interface MovingState {
  readonly name: 'moving'
  readonly leave: Leave
  wish: { readonly ending: Ending; readonly kill: boolean } | null
}

/** Another process has it open. */
export interface MovedState {
  readonly name: 'moved'
}

/** Who takes a connection away, see move.ts. */
export interface Leave {
  /** The time this state may take is up. */
  leaveOnDue(): void
  /** The connection, frozen, begins to end: it is not going to move. */
  leaveOnEnding(): void
  /** The socket of a moving connection has closed here. */
  leaveOnSocketClosed(): void
}

export interface ClosedState {
  readonly name: 'closed'
  readonly ending: Ending
}

export type State = OpenState | DrainingState | MovingState | MovedState | ClosingState | ClosedState
export type StateName = State['name']

export const OPEN: OpenState = { name: 'open', leave: null }

/** Is it open, and not about to move? */
export function isServed(state: State): boolean {
  return state.name === 'open' && state.leave === null
}

const MOVES: Readonly<Record<StateName, readonly StateName[]>> = {
  // From open to open: frozen, or served again.
  open: ['open', 'draining', 'closing', 'moving'],
  draining: ['closing'],
  moving: ['open', 'moved'],
  moved: [],
  closing: ['closed'],
  closed: [],
}

/** What has a state, and a deadline for it. */
export interface Stateful {
  state: State
  readonly deadline: Deadline
  readonly context: {
    readonly wheel: Pick<Wheel, 'arm' | 'cancel'>
    readonly ledger: { connectionMoved(from: StateName, to: StateName): void }
  }
}

/** Moves to `next`, which may take `withinMs`; the ledger is told. An impossible move throws. */
export function transition(
  life: Stateful,
  next: OpenState | DrainingState | MovingState | ClosingState,
  withinMs: number,
): void
export function transition(life: Stateful, next: ClosedState | MovedState): void
export function transition(life: Stateful, next: State, withinMs?: number): void {
  const from = life.state
  if (!MOVES[from.name].includes(next.name)) throw new Error(`impossible move: ${from.name} to ${next.name}`)
  life.state = next
  if (withinMs === undefined) life.context.wheel.cancel(life.deadline)
  else life.context.wheel.arm(life.deadline, withinMs)
  life.context.ledger.connectionMoved(from.name, next.name)
}
