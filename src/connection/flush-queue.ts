/**
 * Collects the outboxes that were written to in this turn of the event loop and writes each once, when the loop has
 * dealt with what it had to read (the check phase: `setImmediate`).
 *
 * Owned by the server; holds an outbox for at most one turn. Never fails: a socket that is gone takes its writes in
 * silence, its own `close` tells the story.
 */
export interface Flushable {
  flush(): void
}

export class FlushQueue {
  #waiting: Flushable[] = []
  #writing: Flushable[] = []

  add(outbox: Flushable): void {
    if (this.#waiting.push(outbox) === 1) setImmediate(this.#flush)
  }

  readonly #flush = (): void => {
    const outboxes = this.#waiting
    this.#waiting = this.#writing
    this.#writing = outboxes
    for (let index = 0; index < outboxes.length; index++) (outboxes[index] as Flushable).flush()
    outboxes.length = 0
  }
}
