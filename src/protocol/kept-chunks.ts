/**
 * Chunks that came to a reader while it was paused, in order. Made by the reader when it needs it and dropped when empty, so that
 * reading connections carry none. It has no bound of its own: who pauses a reader stops reading its socket.
 */
import { copyOf } from './small-buffers.ts'
export class KeptChunks {
  readonly #chunks: Buffer[] = []

  get bytes(): number {
    let bytes = 0
    for (const chunk of this.#chunks) bytes += chunk.length
    return bytes
  }

  get isEmpty(): boolean {
    return this.#chunks.length === 0
  }

  /** All of them, in order; only to be read. */
  get all(): readonly Buffer[] {
    return this.#chunks
  }

  /** Keeps `chunk` from `offset` on, behind all others, or before them when it is the rest of what was being read. */
  keep(chunk: Buffer, offset: number, inFront: boolean): void {
    const rest = chunk.subarray(offset)
    // A short rest must not pin a long chunk.
    const own = rest.length * 2 < chunk.length ? copyOf(rest) : rest
    if (inFront) this.#chunks.unshift(own)
    else this.#chunks.push(own)
  }

  next(): Buffer | undefined {
    return this.#chunks.shift()
  }
}
