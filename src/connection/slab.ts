/**
 * One piece of memory into which outboxes build what they write in this turn of the event loop.
 *
 * Regions are handed out one after another; the last one can grow in place, so an outbox that is written to many times in
 * a row costs no copy. When all is written and the kernel has taken everything, the memory is used again: in the
 * ordinary case a server allocates nothing to write. Memory that a slow socket may still refer to is used up to its end, but
 * not again; it goes with the last write that needs it.
 *
 * Owned by the flush queue of a server; ends with it.
 */
const SLAB_BYTES = 64 * 1024

const EMPTY: Buffer = Buffer.alloc(0)

export class Slab {
  memory: Buffer = EMPTY
  /** Up to here the memory is handed out. */
  used = 0
  /** Something may still refer to a part of the memory: it is used up, but never used again. */
  #pinned = false

  /** Is there room for so many bytes, without new memory? */
  hasRoom(bytes: number): boolean {
    return this.used + bytes <= this.memory.length
  }

  /** Hands out `bytes` (at most SLAB_BYTES) and returns where they begin in `memory`, which may be another one now. */
  take(bytes: number): number {
    if (!this.hasRoom(bytes)) {
      this.memory = Buffer.allocUnsafeSlow(SLAB_BYTES)
      this.used = 0
      this.#pinned = false
    }
    const at = this.used
    this.used = at + bytes
    return at
  }

  /** Makes the region that ends at `end` longer by `bytes`; false when it is not the last one or the memory is full. */
  extend(memory: Buffer, end: number, bytes: number): boolean {
    if (memory !== this.memory || end !== this.used || end + bytes > memory.length) return false
    this.used = end + bytes
    return true
  }

  /** Everything has been written. @param taken the kernel has taken all of it */
  flushed(taken: boolean): void {
    if (!taken) this.#pinned = true
    if (!this.#pinned) this.used = 0
  }
}
