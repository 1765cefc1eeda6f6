/**
 * What several outboxes have waiting in this turn of the event loop, the same from the first byte to the last: the bytes
 * are built once and each of them writes the same view.
 *
 * A batch never changes. Adding a message to it gives the batch that follows, and it is remembered: the next outbox with
 * the same backlog gets the same answer for one comparison. Held by the outboxes that have it waiting; goes with them.
 */
import type { Slab } from './slab.ts'

/** A batch is at most so long: what is longer costs more to copy than a write of its own. */
export const BATCH_BYTES_MAX = 24 * 1024

export class SharedBatch {
  readonly bytes: number
  readonly #memory: Buffer
  readonly #start: number
  #view: Buffer | null = null
  /** The frame added last, and what that gave. */
  #added: Buffer | null = null
  #next: SharedBatch | null = null

  constructor(memory: Buffer, start: number, bytes: number) {
    this.#memory = memory
    this.#start = start
    this.bytes = bytes
  }

  /** The bytes: one view for everybody who writes them. */
  get view(): Buffer {
    if (this.#view === null) {
      const { bytes } = this
      this.#view =
        bytes === this.#memory.length ? this.#memory : this.#memory.subarray(this.#start, this.#start + bytes)
    }
    return this.#view
  }

  /** This batch with `frame` behind it; together at most BATCH_BYTES_MAX. */
  followedBy(frame: Buffer, slab: Slab): SharedBatch {
    if (this.#added === frame) return this.#next as SharedBatch
    const bytes = this.bytes + frame.length
    const end = this.#start + this.bytes
    let next: SharedBatch
    if (slab.extend(this.#memory, end, frame.length)) {
      this.#memory.set(frame, end)
      next = new SharedBatch(this.#memory, this.#start, bytes)
    } else {
      const start = slab.take(bytes)
      this.#memory.copy(slab.memory, start, this.#start, end)
      slab.memory.set(frame, start + this.bytes)
      next = new SharedBatch(slab.memory, start, bytes)
    }
    this.#added = frame
    this.#next = next
    return next
  }
}
