/**
 * Collects the outboxes that were written to in this turn of the event loop and writes each once, when the loop has
 * dealt with what it had to read (the check phase: `setImmediate`), or when the memory they write into is full.
 *
 * Owned by the server; holds an outbox for at most one turn. Never fails: a socket that is gone takes its writes in
 * silence, its own `close` tells the story.
 */
import { Slab } from './slab.ts'

export interface Flushable {
  /** Writes; false when the kernel has not taken everything. */
  flush(): boolean
}

/** Told when something is left after a flush, or nothing is any more. */
export interface OutboxOwner {
  outboxOnFlushed(): void
}

export class FlushQueue {
  readonly slab: Slab = new Slab()
  /** For what many have waiting alike, so that it grows in place however much is sent to one in between. */
  readonly shared: Slab = new Slab()
  #waiting: Flushable[] = []
  #writing: Flushable[] = []
  #flushing = false

  add(outbox: Flushable): void {
    if (this.#waiting.push(outbox) === 1) setImmediate(this.#flush)
  }

  /** Writes before the turn is over: the slab is full. */
  flushNow(): void {
    if (!this.#flushing) this.#flush()
  }

  readonly #flush = (): void => {
    this.#flushing = true
    const outboxes = this.#waiting
    this.#waiting = this.#writing
    this.#writing = outboxes
    let taken = true
    for (let index = 0; index < outboxes.length; index++) {
      if (!(outboxes[index] as Flushable).flush()) taken = false
    }
    outboxes.length = 0
    this.slab.flushed(taken)
    this.shared.flushed(taken)
    this.#flushing = false
  }
}
