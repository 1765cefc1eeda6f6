/**
 * A socket for the outbox alone: it keeps what is written by reference, as the kernel's queue does, and copies it only
 * when the test lets it go through. Bytes that are changed before that come out wrong.
 */
import type { Socket } from 'node:net'

const HIGH_WATER_BYTES = 16 * 1024

export class FakeSocket {
  /** What has gone through. */
  readonly taken: Buffer[] = []
  /** How many times something was written to the kernel: corked writes count once. */
  writes = 0
  blocked = false
  #waiting: Uint8Array[] = []
  #corked = false
  #corkedWrites = 0

  get writableLength(): number {
    return this.#waiting.reduce((sum, piece) => sum + piece.length, 0)
  }

  get writableNeedDrain(): boolean {
    return this.writableLength >= HIGH_WATER_BYTES
  }

  write(piece: Uint8Array): boolean {
    this.#waiting.push(piece)
    if (this.#corked) this.#corkedWrites++
    else {
      this.writes++
      if (!this.blocked) this.#take()
    }
    return !this.writableNeedDrain
  }

  cork(): void {
    this.#corked = true
  }

  uncork(): void {
    this.#corked = false
    if (this.#corkedWrites > 0) this.writes++
    this.#corkedWrites = 0
    if (!this.blocked) this.#take()
  }

  /** The reader reads again. */
  unblock(): void {
    this.blocked = false
    this.#take()
  }

  /** The reader takes a few bytes of what waits. */
  drip(bytes: number): void {
    let left = bytes
    for (let piece = this.#waiting[0]; piece !== undefined && left > 0; piece = this.#waiting[0]) {
      this.taken.push(Buffer.from(piece.subarray(0, left)))
      if (piece.length <= left) this.#waiting.shift()
      else this.#waiting[0] = piece.subarray(left)
      left -= piece.length
    }
  }

  get bytes(): Buffer {
    return Buffer.concat(this.taken)
  }

  get asSocket(): Socket {
    return this as unknown as Socket
  }

  #take(): void {
    for (const piece of this.#waiting) this.taken.push(Buffer.from(piece))
    this.#waiting = []
  }
}
