/**
 * What waits for all slow readers of a server together: the bound of the process, beside the bound of each connection.
 *
 * A connection is in it while something waits in its outbox or its socket, and pays what it costs. When the budget is
 * spent, the slowest are dealt with first: those of routes with `slow: 'end'` are ended, the others let go of what waits.
 * Bytes that several have waiting count for each of them.
 *
 * Owned by the server. A connection leaves when nothing waits any more, at the latest when it is released; the sweep runs
 * only while somebody is in it.
 */
import { Deadline, type DeadlineOwner, type Wheel } from '../base/wheel.ts'
import { ENDINGS } from '../protocol/ending.ts'
import { beginClosing } from './closing.ts'
import { noteDrop } from './drop.ts'
import type { Life } from './life.ts'
import { canSend } from './slow.ts'
import { note } from './timeline.ts'

/** A socket does not say when it has written the last bytes of a small queue: whoever is slow is looked at so often. */
const SWEEP_MS = 50
/** Dealing with the slowest goes on until this share of the budget is spent, so that it does not begin again at once. */
const RELIEVED_SHARE = 0.9
/** What has been accepted for readers with `slow: 'drop-newest'` cannot be taken back: so much of the budget at most. */
const PROMISED_SHARE = 0.5

/** Told once: nothing waits any more, or, with false, the connection begins to end. */
type Answer = (drained: boolean) => void

export class OutboxBudget implements DeadlineOwner {
  readonly bytesMax: number
  bytes = 0
  /** How much of it waits for readers with `slow: 'drop-newest'`. */
  #promised = 0
  readonly #wheel: Wheel
  readonly #sweep: Deadline = new Deadline(this)
  // Removed by: settle(), when nothing waits any more; forget(), when the connection is released.
  readonly #slow = new Set<Life>()
  // Removed by: settle(), ending() and forget(), which answer them; who waits no longer takes its answer back.
  readonly #waiters = new Map<Life, Set<Answer>>()
  #relieving = false
  /** The last try gave too little: the next one is worth it after the next sweep. */
  #hopeless = false

  constructor(bytesMax: number, wheel: Wheel) {
    this.bytesMax = bytesMax
    this.#wheel = wheel
  }

  /** For how many connections something waits. */
  get slowCount(): number {
    return this.#slow.size
  }

  /** For how many connections somebody waits until nothing does. */
  get waiterCount(): number {
    return this.#waiters.size
  }

  /** How much more may wait. */
  get left(): number {
    return this.bytesMax - this.bytes
  }

  /** How much more may wait for readers with `slow: 'drop-newest'`. */
  get promisesLeft(): number {
    return this.bytesMax * PROMISED_SHARE - this.#promised
  }

  /** Takes note of what waits for this connection now; after its release nothing does, whatever its socket says. */
  settle(life: Life): void {
    if (life.state.name === 'closed') return
    const { bytes } = life.outbox
    this.#count(life, bytes)
    if (bytes === 0) {
      if (this.#slow.has(life)) note(life, 'caught up')
      this.#leave(life)
      this.#answer(life, canSend(life))
      return
    }
    if (!this.#slow.has(life)) note(life, 'slow reader')
    this.#slow.add(life)
    if (!this.#sweep.armed) this.#wheel.arm(this.#sweep, SWEEP_MS)
  }

  /** The connection is released. */
  forget(life: Life): void {
    this.#count(life, 0)
    this.#leave(life)
    this.#answer(life, false)
  }

  /** The connection begins to end: whoever waits for it to drain is told, what waits in its socket still counts. */
  ending(life: Life): void {
    this.#answer(life, false)
  }

  /** Is there room for so many bytes more? If not, the slowest are dealt with first. Runs user code. */
  hasRoom(bytes: number): boolean {
    // What would not fit if nothing else waited costs nobody anything.
    if (bytes > this.bytesMax) return false
    if (this.bytes + bytes > this.bytesMax) this.#relieve(bytes)
    return this.bytes + bytes <= this.bytesMax
  }

  /** Calls `answer` when nothing waits for this connection any more, or it begins to end. Returns how to wait no longer. */
  whenDrained(life: Life, answer: Answer): () => void {
    const answers = this.#waiters.get(life) ?? new Set()
    this.#waiters.set(life, answers.add(answer))
    this.settle(life)
    return () => {
      if (answers.delete(answer) && answers.size === 0) this.#waiters.delete(life)
    }
  }

  deadlineOnDue(): void {
    this.#hopeless = false
    for (const life of this.#slow) this.settle(life)
    // One turn may have been offered more, by many together, than the kernel took.
    if (this.bytes > this.bytesMax) this.#relieve(0)
    if (this.#slow.size > 0) this.#wheel.arm(this.#sweep, SWEEP_MS)
  }

  #relieve(bytes: number): void {
    if (this.#relieving || this.#hopeless) return
    this.#relieving = true
    // Who has been read since the last look is not slow.
    for (const life of this.#slow) this.settle(life)
    const target = this.bytesMax * RELIEVED_SHARE - bytes
    const slowest = [...this.#slow].sort((a, b) => b.outbox.counted - a.outbox.counted)
    for (const life of slowest) {
      if (this.bytes <= target) break
      if (life.options.slow === 'end') {
        // It does not read, so it would not see a close frame either; what waits for it is wanted back now.
        beginClosing(life, ENDINGS.outboxBudget, 'kill')
        this.forget(life)
      } else {
        const messages = life.outbox.backlog?.clear() ?? 0
        if (messages > 0) noteDrop(life, 'budget', 0, messages)
        this.settle(life)
      }
    }
    this.#hopeless = this.bytes > target
    this.#relieving = false
  }

  #count(life: Life, bytes: number): void {
    const grown = bytes - life.outbox.counted
    life.outbox.counted = bytes
    this.bytes += grown
    if (life.options.slow === 'drop-newest') this.#promised += grown
  }

  #leave(life: Life): void {
    this.#slow.delete(life)
    if (this.#slow.size === 0) this.#wheel.cancel(this.#sweep)
  }

  #answer(life: Life, drained: boolean): void {
    const answers = this.#waiters.get(life)
    if (answers === undefined) return
    this.#waiters.delete(life)
    for (const answer of answers) answer(drained)
    answers.clear()
  }
}
