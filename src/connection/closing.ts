/**
 * The ending chain: every way a connection ends goes through these steps, in this order, each once.
 *
 *   begin      the ending is decided; timers stop, the running handler gets its signal, rooms are left
 *   handshake  what was sent is written, then our close frame; the peer's is awaited
 *   finish     both have said close, or the peer has hung up: FIN, and the socket's `close` is awaited
 *   destroy    only when a deadline passed or the connection was killed
 *   join       the socket is gone; the handler and the tasks that still run may finish
 *   farewell   the `close` hook
 *   release    the scope is released, the hub forgets it, the connection lets go of its life
 *
 * Each waiting step has its deadline, and each step asserts what the step before promised.
 */
import { HoldfastError, messageOf } from '../base/errors.ts'
import { isThenable } from '../base/thenable.ts'
import { ENDINGS, type Ending, networkEnding } from '../protocol/ending.ts'
import { encodeClose } from '../protocol/frame-writer.ts'
import { factsOf } from './facts.ts'
import type { Life } from './life.ts'
import { destroySocket, finishSocket } from './socket.ts'
import { type ClosingState, transition } from './state.ts'
import { note } from './timeline.ts'
import { Turn } from './turn.ts'

/**
 * How the chain begins: we ask, we answer, we fail the connection (RFC 6455 section 7.1.7: say close and hang up, whatever
 * the peer says), the peer has hung up, we kill, or the socket is gone already.
 */
export type ClosingStart = 'handshake' | 'answer' | 'fail' | 'hangup' | 'kill' | 'gone'

/** Begins the chain; nothing happens when it has begun. */
export function beginClosing(life: Life, ending: Ending, start: ClosingStart): void {
  const { state } = life
  if (state.name === 'moving') {
    // Nothing may be done to a socket that is on its way; if it comes back, this is done.
    state.wish ??= { ending, kill: start === 'kill' }
    return
  }
  if (state.name === 'closing' || state.name === 'closed' || state.name === 'moved') {
    if (start === 'kill' && state.name === 'closing' && (state.step === 'handshake' || state.step === 'finish'))
      destroy(life)
    return
  }
  const received = start === 'answer' || (state.name === 'draining' && state.received)
  const violation = start === 'fail'
  const closing: ClosingState = { name: 'closing', ending, step: 'handshake', violation, sent: false, received }
  transition(life, closing, life.options.closeTimeoutMs)
  if (violation) note(life, 'protocol violation')
  note(life, 'ending', ending.by)
  if (state.name === 'open') state.leave?.leaveOnEnding()
  life.quiet()
  // Its signals have run user code, which may have gone on to kill the connection.
  if (closing.step !== 'handshake') return
  if (start === 'kill') destroy(life)
  else if (start === 'hangup') finish(life)
  else if (start !== 'gone') handshake(life, start === 'fail')
}

/** Lets what runs finish, then begins the chain: at the latest in `timeoutMs`. */
export function drainAnd(life: Life, ending: Ending, timeoutMs: number, received = false): void {
  const before = life.state
  transition(life, { name: 'draining', ending, received }, timeoutMs)
  note(life, 'draining', received ? 'peer' : 'server')
  if (before.name === 'open') before.leave?.leaveOnEnding()
  life.inbox.whenIdle(() => drained(life))
}

/** It drains (or moves) already, and is to be done in `timeoutMs` at the latest. */
export function sooner(life: Life, timeoutMs: number): void {
  if (life.deadline.dueAt > life.context.wheel.now + timeoutMs) life.context.wheel.arm(life.deadline, timeoutMs)
}

/** The state `draining` or `closing` has taken too long: the step it is in is cut short. */
export function endingOverdue(life: Life): void {
  const { state } = life
  if (state.name === 'draining') drained(life)
  else if (state.name !== 'closing') return
  else if (state.step === 'handshake' || state.step === 'finish') destroy(life)
  // A socket that does not even say that it is closed is given up.
  else if (state.step === 'destroy') life.socketOnClose()
  else if (state.step === 'join') farewell(life)
  else if (state.step === 'farewell') {
    const { path } = life.route
    note(life, 'handler overdue', 'close')
    life.overdue(
      new HoldfastError('HF_HANDLER_OVERDUE', { handler: 'close', route: path, ms: life.options.handlerTimeoutMs }),
    )
    release(life)
  }
}

function drained(life: Life): void {
  const { state } = life
  if (state.name === 'draining') beginClosing(life, state.ending, state.received ? 'answer' : 'handshake')
}

/** A close frame has come from the peer. Messages that came before it are handled before it is answered. */
export function closeFrameCame(life: Life, ending: Ending): void {
  const { state } = life
  if (state.name === 'closing') {
    state.received = true
    if (state.sent && state.step === 'handshake') finish(life)
  } else if (state.name === 'draining') state.received = true
  else if (life.inbox.idle) beginClosing(life, ending, 'answer')
  else drainAnd(life, ending, life.options.handlerTimeoutMs, true)
}

function handshake(life: Life, failing: boolean): void {
  const state = closing(life)
  // RFC 6455 section 5.5.1: an answer repeats the code it answers; the reason goes along.
  // Behind what waits one by one: nothing may follow a close frame (RFC 6455 section 5.5.1).
  if (life.outbox.queues) life.outbox.flushAll()
  life.outbox.frame(encodeClose(state.ending.code, state.ending.reason))
  life.outbox.flushAll()
  life.outbox.end()
  state.sent = true
  if (state.received || failing) finish(life)
}

function finish(life: Life): void {
  const state = closing(life)
  state.step = 'finish'
  life.outbox.end()
  finishSocket(life.socket)
}

function destroy(life: Life): void {
  const state = closing(life)
  state.step = 'destroy'
  life.context.wheel.arm(life.deadline, life.options.closeTimeoutMs)
  life.outbox.end()
  destroySocket(life.socket)
}

/** The peer has sent FIN. */
export function socketEnded(life: Life, ending: Ending): void {
  const { state } = life
  if (state.name === 'closing') {
    if (state.step === 'handshake') finish(life)
    return
  }
  // Who says close and hangs up at once has said all it wanted to: what came before is handled, then it is answered.
  if (state.name !== 'draining' || !state.received) beginClosing(life, ending, 'hangup')
}

/** The socket is gone: its descriptor is back. */
export function socketGone(life: Life, ending: Ending): void {
  const before = life.state
  if (before.name === 'open' || before.name === 'draining') {
    beginClosing(life, before.name === 'draining' && before.received ? before.ending : ending, 'gone')
  }
  const state = closing(life)
  state.step = 'join'
  life.reader.stop()
  life.outbox.end()
  life.context.wheel.arm(life.deadline, life.options.closeTimeoutMs)
  life.inbox.whenIdle(() => {
    const scope = life.usedScope
    if (scope === null) farewell(life)
    else scope.onTasksDone(() => farewell(life))
  })
}

function farewell(life: Life): void {
  const state = life.state
  if (state.name !== 'closing' || state.step !== 'join') return
  state.step = 'farewell'
  const clean = state.sent && state.received
  if (clean) state.ending = { ...state.ending, clean }
  // It was asked, and told: who answers neither is gone, and that is the doing of the network, not of this server.
  else if (state.ending === ENDINGS.idle) state.ending = ENDINGS.peerVanished
  const { connection, route } = life
  const { traffic } = life.context
  if (traffic !== null && route.handlers.close !== undefined) state.closeBeganAt = traffic.now()
  try {
    const returned = route.handlers.close?.(connection, state.ending)
    if (isThenable(returned)) {
      life.context.wheel.arm(life.deadline, life.options.handlerTimeoutMs)
      life.farewell = new Turn()
      life.farewell.waitFor(returned, {
        turnOnSettled: () => release(life),
        turnOnFailed: (_, thrown) => closeFailed(life, thrown),
      })
      return
    }
  } catch (thrown) {
    closeFailed(life, thrown)
    return
  }
  release(life)
}

function closeFailed(life: Life, cause: unknown): void {
  const details = { handler: 'close', route: life.route.path, message: messageOf(cause) }
  note(life, 'handler failed', 'close')
  life.report(new HoldfastError('HF_HANDLER_FAILED', details, { cause }))
  release(life)
}

function release(life: Life): void {
  const { state } = life
  if (state.name !== 'closing') return
  const { ending, closeBeganAt } = state
  transition(life, { name: 'closed', ending })
  life.context.ledger.connectionEnded(ending, state.violation === true)
  life.context.ledger.closeHooks++
  life.context.endObserver?.connectionOnEnded(factsOf(life))
  if (closeBeganAt !== undefined) life.context.traffic?.handled(life.route.path, closeBeganAt)
  life.context.traffic?.ended(life, ending)
  life.release({ ending, messagesReceived: life.messagesReceived, messagesSent: life.messagesSent })
  const { context, connection, route } = life
  if (context.events.wanted('close')) context.events.emit('close', { connection, route: route.path, ending })
}

/** Why a socket that closed without a close frame did so. */
export function lostEnding(life: Life): Ending {
  return life.socketError === null ? ENDINGS.socketClosed : networkEnding(`the socket failed: ${life.socketError}`)
}

function closing(life: Life): ClosingState {
  if (life.state.name !== 'closing') throw new Error(`the ending chain runs in state ${life.state.name}`)
  return life.state
}
