/**
 * Frames of a link: four bytes length, one byte channel, payload. Writing is a function; reading takes chunks as they
 * come and holds at most one frame that is not complete.
 *
 * Owned by its link; ends with it. It never throws: a frame that is too long is a return value.
 */

export const FRAME_HEADER_BYTES = 5

/** Writes the header of a frame at `at`; returns the offset behind it. */
export function writeLinkHeader(target: Buffer, at: number, channel: number, payloadBytes: number): number {
  target.writeUInt32BE(payloadBytes, at)
  target[at + 4] = channel
  return at + FRAME_HEADER_BYTES
}

export class LinkFrameReader {
  /** The longest payload it takes; before the greeting that is little. */
  bytesMax: number
  readonly #onFrame: (channel: number, payload: Buffer) => void
  readonly #header = Buffer.alloc(FRAME_HEADER_BYTES)
  #headerBytes = 0
  /** Of the frame that is not complete; its memory is its own. */
  #payload: Buffer | null = null
  #payloadBytes = 0
  #stopped = false

  constructor(bytesMax: number, onFrame: (channel: number, payload: Buffer) => void) {
    this.bytesMax = bytesMax
    this.#onFrame = onFrame
  }

  /** False when a frame is longer than it may be: nothing more can be read. */
  read(chunk: Buffer): boolean {
    let at = 0
    while (at < chunk.length && !this.#stopped) {
      if (this.#payload !== null) {
        const copied = chunk.copy(this.#payload, this.#payloadBytes, at)
        at += copied
        this.#payloadBytes += copied
        if (this.#payloadBytes === this.#payload.length) this.#complete(this.#payload)
        continue
      }
      const taken = chunk.copy(this.#header, this.#headerBytes, at)
      at += taken
      this.#headerBytes += taken
      if (this.#headerBytes < FRAME_HEADER_BYTES) return true
      const bytes = this.#header.readUInt32BE(0)
      if (bytes > this.bytesMax) {
        this.stop()
        return false
      }
      this.#headerBytes = 0
      if (chunk.length - at >= bytes) {
        this.#onFrame(this.#header[4] as number, chunk.subarray(at, at + bytes))
        at += bytes
      } else {
        this.#payload = Buffer.allocUnsafeSlow(bytes)
        this.#payloadBytes = chunk.copy(this.#payload, 0, at)
        at = chunk.length
      }
    }
    return true
  }

  #complete(payload: Buffer): void {
    this.#payload = null
    this.#onFrame(this.#header[4] as number, payload)
  }

  /** Nothing is read any more, also not what is left of the chunk that is being read. */
  stop(): void {
    this.#stopped = true
    this.#payload = null
  }
}
