/**
 * The states of a connection and the moves between them. Nothing else writes a state.
 *
 * What comes before (`opening`) belongs to the upgrade request, see server/opening.ts. A field exists only in the state
 * in which it means something, and every state that waits carries its deadline: `open` waits for messages, and its
 * deadline is the heartbeat. `closed` is the end: no move leaves it.
 */
import type { Deadline } from '../base/wheel.ts'
import type { Ending } from '../protocol/ending.ts'

export interface OpenState {
  readonly name: 'open'
}

/** No new work; what runs may finish, until the deadline. */
export interface DrainingState {
  readonly name: 'draining'
  readonly ending: Ending
  readonly deadline: Deadline
  /** A close frame has come, and is answered when what runs has finished. */
  received: boolean
}

/** The ending chain is under way, see closing.ts. */
export interface ClosingState {
  readonly name: 'closing'
  readonly ending: Ending
  readonly deadline: Deadline
  step: 'handshake' | 'finish' | 'destroy' | 'join' | 'farewell'
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

/** What has a state. */
export interface Stateful {
  state: State
  readonly context: {
    readonly wheel: { cancel(deadline: Deadline): void }
    readonly ledger: { connectionMoved(from: StateName, to: StateName): void }
  }
}

/** Moves to `next`: the deadline of the state left is disarmed, the ledger is told. An impossible move throws. */
export function transition(life: Stateful, next: State): void {
  const from = life.state
  if (!MOVES[from.name].includes(next.name)) throw new Error(`impossible move: ${from.name} to ${next.name}`)
  if (from.name === 'draining' || from.name === 'closing') life.context.wheel.cancel(from.deadline)
  life.state = next
  life.context.ledger.connectionMoved(from.name, next.name)
}
