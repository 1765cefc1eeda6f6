/**
 * What is left of a handler that outlives its connection: when it fails after all, that is announced, with its route.
 * Kept only by the pending promise; holds what the whole server shares and two strings, nothing of the connection.
 */

import { HoldfastError, messageOf } from '../base/errors.ts'
import { isAbort } from '../base/thenable.ts'
import type { ConnectionContext } from './connection-context.ts'
import type { Turn, TurnOwner } from './turn.ts'

export class LateTurn implements TurnOwner {
  readonly #context: ConnectionContext
  readonly #handler: string
  readonly #route: string

  constructor(context: ConnectionContext, handler: string, route: string) {
    this.#context = context
    this.#handler = handler
    this.#route = route
  }

  turnOnSettled(turn: Turn): void {
    this.#context.observer?.handlerOnDone(turn)
  }

  turnOnFailed(turn: Turn, cause: unknown): void {
    this.turnOnSettled(turn)
    if (isAbort(cause, turn.reason)) return
    const details = { handler: this.#handler, route: this.#route, message: messageOf(cause) }
    this.#context.report(new HoldfastError('HF_HANDLER_FAILED', details, { cause }), undefined, this.#route)
  }
}
