/**
 * Asking the user whether to let an upgrade request in: middleware and `upgrade`, which may take their time.
 *
 * What waits meanwhile holds one small cell. When the peer leaves or the deadline passes, the cell is emptied and the
 * request revoked, so that an `upgrade` that never comes back keeps neither the socket nor the request.
 */
import { isThenable } from '../base/thenable.ts'
import { type Middleware, runOnion } from './middleware.ts'
import type { Opening } from './opening.ts'
import type { Route } from './routes.ts'
import type { UpgradeRequest } from './upgrade-request.ts'

/** What becomes of the answer: the last word is with upgrade.ts. */
export interface Answers {
  upgradeOnData(data: unknown): void
  upgradeOnThrown(thrown: unknown): void
}

/** Emptied when nobody waits for the answer any more. */
interface Cell {
  answers: Answers | null
}

/** Asks; exactly one of `answers` is called, unless the opening is aborted before. */
export function ask(
  middleware: readonly Middleware[],
  route: Route,
  request: UpgradeRequest,
  opening: Opening,
  answers: Answers,
): void {
  const cell: Cell = { answers }
  letGoOnAbort(opening, request, cell)
  try {
    const answer = start(middleware, route, request)
    if (isThenable(answer)) wait(answer, cell)
    else answered(cell, answer)
  } catch (thrown) {
    cell.answers?.upgradeOnThrown(thrown)
  }
}

// Each in a function of its own: closures of one function share all that any of them needs.

function letGoOnAbort(opening: Opening, request: UpgradeRequest, cell: Cell): void {
  opening.wait((reason) => {
    cell.answers = null
    request.abort(reason)
    request.revoke()
  })
}

function start(middleware: readonly Middleware[], route: Route, request: UpgradeRequest): unknown {
  const heart = (): unknown => route.upgrade?.(request)
  return middleware.length === 0 ? heart() : runOnion(middleware, request, heart)
}

function wait(answer: PromiseLike<unknown>, cell: Cell): void {
  Promise.resolve(answer).then(
    (data) => answered(cell, data),
    (thrown: unknown) => cell.answers?.upgradeOnThrown(thrown),
  )
}

function answered(cell: Cell, data: unknown): void {
  try {
    cell.answers?.upgradeOnData(data)
  } catch (thrown) {
    cell.answers?.upgradeOnThrown(thrown)
  }
}
