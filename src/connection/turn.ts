/**
 * One run of a handler: it begins with a message (or `open`, `hold`) and ends when the handler has finished.
 *
 * `signal` is made on first use: an AbortController costs more than a whole synchronous handler. Owned by the inbox;
 * ends with `end()`; its signal aborts at the handler's deadline, when the connection begins to end, or never.
 */
export class Turn {
  #controller: AbortController | null = null
  #aborted = false
  #reason: unknown

  /** Aborts when the handler is past handlerTimeoutMs or the connection ends. Pass it to what the handler waits for. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController()
      if (this.#aborted) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** @internal */
  get aborted(): boolean {
    return this.#aborted
  }

  /** @internal why it was aborted */
  get reason(): unknown {
    return this.#reason
  }

  /** @internal */
  abort(reason: unknown): void {
    if (this.#aborted) return
    this.#aborted = true
    this.#reason = reason
    this.#controller?.abort(reason)
  }
}
