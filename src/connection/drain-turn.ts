/**
 * The turn of one connection in a drain (server/drain.ts): what it does may finish, its outbox is written, then it ends.
 *
 * The phases come one after another: *handlers* (the one that runs, the messages that wait, then `drain` of the route),
 * *tasks*, *outbox*, *closing*. Functions over a `Life`. A turn ends with the ending chain: when all phases are done, when
 * the connection ends for another reason, or by `cutShort`.
 */
import type { Ending } from '../protocol/ending.ts'
import { beginClosing } from './closing.ts'
import type { Life } from './life.ts'
import { transition } from './state.ts'
import { note } from './timeline.ts'

export type DrainPhase = 'handlers' | 'tasks' | 'outbox' | 'closing'

/** Who follows a turn. */
export interface TurnFollower {
  /** It has reached a phase; `handlers` is told before anything else happens. */
  drainOnPhase(phase: DrainPhase): void
}

/**
 * Begins the turn of an open connection.
 *
 * @param withinMs the deadline of its state, should nobody cut it short before
 * @param farewell run `drain` of its route
 */
export function beginDrainTurn(
  life: Life,
  ending: Ending,
  withinMs: number,
  farewell: boolean,
  follower: TurnFollower,
): void {
  if (life.state.name !== 'open') return
  life.pauseReading()
  life.held.track()
  transition(life, { name: 'draining', ending, received: false }, withinMs)
  note(life, 'draining', 'server')
  follower.drainOnPhase('handlers')
  if (farewell) life.inbox.farewell()
  life.inbox.whenIdle(() => tasks(life, follower))
}

function tasks(life: Life, follower: TurnFollower): void {
  if (life.state.name !== 'draining') return
  const scope = life.usedScope
  if (scope === null || scope.tasks === 0) outbox(life, follower)
  else {
    follower.drainOnPhase('tasks')
    scope.onTasksDone(() => outbox(life, follower))
  }
}

function outbox(life: Life, follower: TurnFollower): void {
  if (life.state.name !== 'draining') return
  life.outbox.flush()
  if (life.outbox.bytes === 0) close(life, follower)
  else {
    follower.drainOnPhase('outbox')
    // Not in the middle of what has written the last of it.
    life.context.outboxBudget.whenDrained(life, () => queueMicrotask(() => close(life, follower)))
  }
}

function close(life: Life, follower: TurnFollower): void {
  const { state } = life
  if (state.name !== 'draining') return
  follower.drainOnPhase('closing')
  beginClosing(life, state.ending, state.received ? 'answer' : 'handshake')
}

/** Ends an open or draining connection now, whatever it does. What its peer has ended already keeps that ending. */
export function cutShort(life: Life, ending: Ending): void {
  const { state } = life
  if (state.name === 'draining' && state.received) beginClosing(life, state.ending, 'answer')
  else if (state.name === 'open' || state.name === 'draining') beginClosing(life, ending, 'handshake')
}

/** Does anything of it run or wait? */
export function isBusy(life: Life): boolean {
  return !life.inbox.idle || (life.usedScope?.tasks ?? 0) > 0 || life.outbox.bytes > 0
}
