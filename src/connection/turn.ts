/**
 * One run of a handler: it begins with a message (or `open`, `hold`) and ends when the handler has finished.
 *
 * `signal` is made on first use: an AbortController costs more than a whole synchronous handler. A pending promise of a
 * handler keeps its turn, and nothing more: the turn knows its inbox only until the connection is released.
 */
import type { HoldfastError } from '../base/errors.ts'

/** Who waits for the handler. */
export interface TurnOwner {
  turnOnSettled(turn: Turn): void
  turnOnFailed(turn: Turn, thrown: unknown): void
}

export class Turn {
  #controller: AbortController | null = null
  #reason: HoldfastError | null = null
  #owner: TurnOwner | null = null

  /** Aborts when the handler is past handlerTimeoutMs or the connection ends. Pass it to what the handler waits for. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController()
      if (this.#reason !== null) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** @internal why it was aborted; null when it was not */
  get reason(): HoldfastError | null {
    return this.#reason
  }

  /** @internal */
  abort(reason: HoldfastError): void {
    if (this.#reason !== null) return
    this.#reason = reason
    this.#controller?.abort(reason)
  }

  /** @internal tells `owner` when the promise settles; the promise keeps this turn, nobody keeps the promise */
  waitFor(promise: PromiseLike<unknown>, owner: TurnOwner): void {
    this.#owner = owner
    Promise.resolve(promise).then(
      () => this.#settle()?.turnOnSettled(this),
      (thrown: unknown) => this.#settle()?.turnOnFailed(this, thrown),
    )
  }

  /** @internal from now on somebody else is told */
  handOver(owner: TurnOwner): void {
    if (this.#owner !== null) this.#owner = owner
  }

  /** Nobody has to be told any more after this: a turn that somebody keeps keeps nothing. */
  #settle(): TurnOwner | null {
    const owner = this.#owner
    this.#owner = null
    return owner
  }
}
