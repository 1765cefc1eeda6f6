/**
 * Memory for small binary messages and control payloads: carved from blocks of 8 KiB, so that whoever keeps one keeps at most one block.
 * Not `Buffer.allocUnsafe`: its pool is the same 8 KiB on Node 20, but 64 KiB on Node 26, and whoever sets `Buffer.poolSize` changes it.
 * One open block per process, as with Node's own pool; no bytes are ever handed out twice, so two servers in one process do not meet in it.
 * A block ends when the last buffer carved from it is collected.
 */

/** The most that keeping one small message can keep alive, in bytes. */
export const SMALL_BLOCK_BYTES = 8192
/** Messages below this are carved from a block; from here on they get memory of their own. */
export const SMALL_BELOW_BYTES = 4096

class SmallBuffers {
  #block: Buffer = Buffer.alloc(0)
  #used = 0

  take(bytes: number): Buffer {
    if (bytes > this.#block.length - this.#used) {
      this.#block = Buffer.allocUnsafeSlow(SMALL_BLOCK_BYTES)
      this.#used = 0
    }
    const start = this.#used
    this.#used = (start + bytes + 7) & ~7
    return this.#block.subarray(start, start + bytes)
  }
}

const smallBuffers = new SmallBuffers()

/** A buffer of exactly so many bytes, not cleared, that pins nothing much bigger than itself. */
export function allocateMessage(bytes: number): Buffer {
  return bytes < SMALL_BELOW_BYTES ? smallBuffers.take(bytes) : Buffer.allocUnsafeSlow(bytes)
}

/** A copy that pins nothing much bigger than itself. */
export function copyOf(bytes: Uint8Array): Buffer {
  const copy = allocateMessage(bytes.length)
  copy.set(bytes)
  return copy
}
