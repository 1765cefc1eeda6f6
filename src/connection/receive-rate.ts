/**
 * How fast one peer may send: messages and bytes a second, with one second's worth at once.
 *
 * Time in which we did not read (the process was stuck, a handler was slow) counts in full: what lay in the kernel meanwhile is
 * not held against the peer. Made for a connection that has one of the limits; owned by it, no timer, nothing to end.
 */
import { Deadline } from '../base/wheel.ts'
import { ENDINGS } from '../protocol/ending.ts'
import type { ConnectionOptions } from './connection-options.ts'
import type { Life } from './life.ts'

export type RateLimit = 'messagesPerSecondMax' | 'receivedBytesPerSecondMax'

/** What may still come, in messages and in bytes; null where there is no limit. */
export interface RateLeft {
  readonly messages: number | null
  readonly bytes: number | null
}

/** How much may still come. Time we did not read is added beyond one second's worth; time we did is not. */
class Allowance {
  readonly perSecond: number
  #left: number

  constructor(perSecond: number) {
    this.perSecond = perSecond
    this.#left = perSecond
  }

  passed(readMs: number, unreadMs: number): void {
    if (this.#left < this.perSecond) {
      this.#left = Math.min(this.perSecond, this.#left + (readMs * this.perSecond) / 1_000)
    }
    this.#left += (unreadMs * this.perSecond) / 1_000
  }

  take(count: number): void {
    this.#left -= count
  }

  get left(): number {
    return this.#left
  }

  /** Goes on with what was left elsewhere. */
  goOn(left: number): void {
    this.#left = Math.min(left, this.#left)
  }

  get over(): boolean {
    return this.#left < 0
  }

  refill(): void {
    this.#left = this.perSecond
  }
}

export class ReceiveRate {
  readonly #life: Life
  readonly #messages: Allowance | null
  readonly #bytes: Allowance | null
  #at: number
  #stalledMs: number
  #pausedAt: number | null = null

  /** Null when neither limit is set. */
  static of(life: Life, options: ConnectionOptions): ReceiveRate | null {
    const { messagesPerSecondMax, receivedBytesPerSecondMax } = options
    if (messagesPerSecondMax === 0 && receivedBytesPerSecondMax === 0) return null
    return new ReceiveRate(life, messagesPerSecondMax, receivedBytesPerSecondMax)
  }

  private constructor(life: Life, messages: number, bytes: number) {
    const { wheel } = life.context
    this.#life = life
    this.#messages = messages === 0 ? null : new Allowance(messages)
    this.#bytes = bytes === 0 ? null : new Allowance(bytes)
    this.#at = wheel.now
    this.#stalledMs = wheel.stalledMs
  }

  messageCame(): void {
    this.#came('messagesPerSecondMax', this.#messages, 1)
  }

  bytesCame(count: number): void {
    this.#came('receivedBytesPerSecondMax', this.#bytes, count)
  }

  /** How much may still come. */
  get left(): RateLeft {
    this.#settle()
    return { messages: this.#messages?.left ?? null, bytes: this.#bytes?.left ?? null }
  }

  /** Goes on where it was in another process, `unreadMs` ago. */
  goOn(left: RateLeft, unreadMs: number): void {
    if (left.messages !== null) this.#messages?.goOn(left.messages)
    if (left.bytes !== null) this.#bytes?.goOn(left.bytes)
    this.#messages?.passed(0, unreadMs)
    this.#bytes?.passed(0, unreadMs)
  }

  /** We stop reading. */
  pause(): void {
    if (this.#pausedAt !== null) return
    this.#settle()
    this.#pausedAt = this.#at
  }

  /** We read again, and what has waited comes at once. */
  resume(): void {
    if (this.#pausedAt === null) return
    this.#settle()
    this.#pausedAt = null
  }

  #came(limit: RateLimit, allowance: Allowance | null, count: number): void {
    if (allowance === null) return
    const { state, context, connection, route } = this.#life
    if (state.name !== 'open' && state.name !== 'draining') return
    this.#settle()
    allowance.take(count)
    if (!allowance.over) return
    // The wheel may not have noticed yet that the process was stuck in this very turn: arming reads the clock.
    const look = new Deadline({ deadlineOnDue() {} })
    context.wheel.arm(look, 0)
    context.wheel.cancel(look)
    this.#settle()
    if (!allowance.over) return
    if (context.limitOnReached(limit, connection, route.path)) this.#life.end(ENDINGS[limit])
    // So that one that is only warned about is counted once for each second's worth.
    else allowance.refill()
  }

  /** Takes into account the time that has passed. */
  #settle(): void {
    const { now, stalledMs } = this.#life.context.wheel
    const awakeMs = now - this.#at
    const stuckMs = stalledMs - this.#stalledMs
    if (awakeMs === 0 && stuckMs === 0) return
    this.#at = now
    this.#stalledMs = stalledMs
    const readMs = this.#pausedAt === null ? awakeMs : 0
    const unreadMs = stuckMs + awakeMs - readMs
    this.#messages?.passed(readMs, unreadMs)
    this.#bytes?.passed(readMs, unreadMs)
  }
}
