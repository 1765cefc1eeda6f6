/**
 * Asking the user whether to let an upgrade request in: middleware and `upgrade`, which may take their time.
 *
 * Those that take their time pass a gate, at most `upgradeHandlersMax` at once; the next is not even called before there is
 * room. What waits holds one small cell. When the peer leaves or the deadline passes, the cell is emptied and the request
 * revoked, so that an `upgrade` that never comes back keeps neither the socket nor the request; its place in the gate is
 * given back after `handshakeTimeoutMs`.
 */
import { AsyncResource } from 'node:async_hooks'
import { isThenable } from '../base/thenable.ts'
import { Deadline, type DeadlineOwner, type Wheel } from '../base/wheel.ts'
import type { Gate, Waiter } from '../resilience/gate.ts'
import { type Middleware, runOnion } from './middleware.ts'
import type { Opening } from './opening.ts'
import type { Route } from './routes.ts'
import type { UpgradeWatch } from './upgrade-observer.ts'
import type { UpgradeRequest } from './upgrade-request.ts'

/** What becomes of the answer: the last word is with upgrade.ts. */
export interface Answers {
  upgradeOnData(data: unknown): void
  upgradeOnThrown(thrown: unknown): void
}

export interface AskingContext {
  readonly wheel: Wheel
  readonly handshakeTimeoutMs: number
  readonly middleware: readonly Middleware[]
  readonly closing: boolean
  readonly admission: { readonly gate: Gate }
  /** Announces that a request is over. */
  requestOnRevoked(request: UpgradeRequest, route: string): void
}

/** Emptied when nobody waits for the answer any more. */
interface Cell {
  answers: Answers | null
  waiter: Waiter | null
}

/**
 * Asks; exactly one of `answers` is called, unless the opening is aborted before. The gate must not be full.
 */
export function ask(
  context: AskingContext,
  route: Route,
  request: UpgradeRequest,
  opening: Opening,
  answers: Answers,
): void {
  const cell: Cell = { answers, waiter: null }
  letGoOnAbort(context, route.path, request, opening, cell)
  if (context.admission.gate.enter()) run(context, route, request, opening, cell)
  else queue(context, route, request, opening, cell)
}

/** From here on every property of it throws, and it is announced once. */
export function revoke(context: Pick<AskingContext, 'requestOnRevoked'>, request: UpgradeRequest, route: string): void {
  if (request.revoke()) context.requestOnRevoked(request, route)
}

// Each in a function of its own: closures of one function share all that any of them needs.

function letGoOnAbort(
  context: AskingContext,
  route: string,
  request: UpgradeRequest,
  opening: Opening,
  cell: Cell,
): void {
  opening.wait((reason) => {
    cell.answers = null
    cell.waiter?.giveUp()
    cell.waiter = null
    request.abort(reason)
    revoke(context, request, route)
  })
}

function queue(context: AskingContext, route: Route, request: UpgradeRequest, opening: Opening, cell: Cell): void {
  opening.lasts()
  // What the handler of another has in its AsyncLocalStorage is not for this one.
  const enter = AsyncResource.bind(() => {
    cell.waiter = null
    if (!context.closing) {
      run(context, route, request, opening, cell)
      return
    }
    // Nobody is asked any more; upgrade.ts knows what to answer.
    answered(cell, undefined)
    context.admission.gate.leave()
  })
  cell.waiter = context.admission.gate.wait(enter)
}

/** It is inside the gate. */
function run(context: AskingContext, route: Route, request: UpgradeRequest, opening: Opening, cell: Cell): void {
  const { gate } = context.admission
  let stay: Stay | null = null
  try {
    const answer = start(context.middleware, route, request, opening.watch)
    if (isThenable(answer)) {
      stay = new Stay(gate, context.wheel, context.handshakeTimeoutMs)
      opening.lasts()
      wait(answer, cell, stay)
    } else answered(cell, answer)
  } catch (thrown) {
    stay?.leave()
    cell.answers?.upgradeOnThrown(thrown)
  }
  if (stay === null) gate.leave()
}

function start(
  middleware: readonly Middleware[],
  route: Route,
  request: UpgradeRequest,
  watch: UpgradeWatch | null,
): unknown {
  const heart = (): unknown => route.upgrade?.(request)
  const all = (): unknown => (middleware.length === 0 ? heart() : runOnion(middleware, request, heart))
  // User code alone runs inside: what is made for the answer (below), or ran before, stays outside of its context.
  return watch === null ? all() : watch.run(all)
}

function wait(answer: PromiseLike<unknown>, cell: Cell, stay: Stay): void {
  Promise.resolve(answer).then(
    (data) => {
      answered(cell, data)
      stay.leave()
    },
    (thrown: unknown) => {
      cell.answers?.upgradeOnThrown(thrown)
      stay.leave()
    },
  )
}

function answered(cell: Cell, data: unknown): void {
  try {
    cell.answers?.upgradeOnData(data)
  } catch (thrown) {
    cell.answers?.upgradeOnThrown(thrown)
  }
}

/**
 * A handler that takes its time, inside the gate. When its peer leaves it stays there, because it still works; when it does
 * not come back, its place is given back all the same.
 */
class Stay implements DeadlineOwner {
  readonly #deadline: Deadline = new Deadline(this)
  /** Null once it has left: a promise that never settles keeps it, and it must keep nothing. */
  #held: { readonly gate: Gate; readonly wheel: Wheel } | null

  constructor(gate: Gate, wheel: Wheel, withinMs: number) {
    this.#held = { gate, wheel }
    wheel.arm(this.#deadline, withinMs)
  }

  leave(): void {
    const held = this.#held
    this.#held = null
    held?.wheel.cancel(this.#deadline)
    held?.gate.leave()
  }

  deadlineOnDue(): void {
    this.leave()
  }
}
