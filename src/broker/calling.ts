/**
 * One worker that is to be connected to, for as long as it exists: tries at once, and again when the link was lost, each time
 * after twice as long as before, up to two seconds.
 *
 * Owned by the mesh; ends with `end()`. The sockets it makes belong to their links.
 */
import { connect, type Socket } from 'node:net'
import type { Clock, ClockTimer } from '../base/clock.ts'

const PAUSE_MS_MIN = 25
const PAUSE_MS_MAX = 2_000

export class Calling {
  readonly #path: string
  readonly #clock: Clock
  readonly #onSocket: (socket: Socket) => void
  #pauseMs = PAUSE_MS_MIN
  #timer: ClockTimer | null = null
  #ended = false

  constructor(path: string, clock: Clock, onSocket: (socket: Socket) => void) {
    this.#path = path
    this.#clock = clock
    this.#onSocket = onSocket
  }

  call(): void {
    this.#timer = null
    this.#onSocket(connect({ path: this.#path }))
  }

  /** It worked: the next pause is a short one. */
  answered(): void {
    this.#pauseMs = PAUSE_MS_MIN
  }

  /** It did not work, or no longer. */
  again(): void {
    if (this.#ended || this.#timer !== null) return
    this.#timer = this.#clock.after(this.#pauseMs, () => this.call())
    this.#pauseMs = Math.min(this.#pauseMs * 2, PAUSE_MS_MAX)
  }

  end(): void {
    this.#ended = true
    this.#timer?.cancel()
    this.#timer = null
  }
}
