/**
 * The states of a connection and the moves between them. Nothing else writes a state.
 *
 * What comes before (`opening`) belongs to the upgrade request, see server/opening.ts. A field exists only in the state
 * in which it means something. A connection has one deadline, and no state can be moved into without saying how long it
 * may take; in `open` it is the heartbeat. `closed` is the end: no move leaves it.
 */
import type { Deadline, Wheel } from '../base/wheel.ts'
import type { Ending } from '../protocol/ending.ts'

export interface OpenState {
  readonly name: 'open'
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
}

export interface ClosedState {
  readonly name: 'closed'
  readonly ending: Ending
}

export type State = OpenState | DrainingState | ClosingState | ClosedState
export type StateName = State['name']

export const OPEN: OpenState = { name: 'open' }

const MOVES: Readonly<Record<StateName, readonly StateName[]>> = {
  open: ['draining', 'closing'],
  draining: ['closing'],
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
export function transition(life: Stateful, next: DrainingState | ClosingState, withinMs: number): void
export function transition(life: Stateful, next: ClosedState): void
export function transition(life: Stateful, next: State, withinMs?: number): void {
  const from = life.state
  if (!MOVES[from.name].includes(next.name)) throw new Error(`impossible move: ${from.name} to ${next.name}`)
  life.state = next
  if (withinMs === undefined) life.context.wheel.cancel(life.deadline)
  else life.context.wheel.arm(life.deadline, withinMs)
  life.context.ledger.connectionMoved(from.name, next.name)
}
