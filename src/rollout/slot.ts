/**
 * One place for a worker: who serves in it, who is about to take over, and what happens when one crashes.
 *
 * Owned by the supervisor. Ends with `end()`: nothing is started in it any more; its workers end by themselves.
 */
import type { ClockTimer } from '../base/clock.ts'
import { Crashes } from './crashes.ts'
import type { Exit, ForkedWorker } from './forked-worker.ts'
import type { Generation } from './generation.ts'
import type { RolloutContext } from './rollout-context.ts'

export class Slot {
  readonly number: number
  readonly #context: RolloutContext
  readonly #crashes: Crashes
  /** Who serves, or starts again after a crash. */
  worker: ForkedWorker | null = null
  /** Who is about to take over from it. */
  next: ForkedWorker | null = null
  /** Why nobody is started here any more, or null. */
  givenUp: string | null = null
  #restart: ClockTimer | null = null
  #ended = false

  constructor(number: number, context: RolloutContext) {
    this.number = number
    this.#context = context
    this.#crashes = new Crashes(context.random)
  }

  get crashCount(): number {
    return this.#crashes.count
  }

  /** Starts a worker and lets it listen. Rejects when it does not come so far; it is gone then. */
  async launch(generation: Generation): Promise<void> {
    const worker = this.#context.fork(this.number, generation, null)
    this.worker = worker
    await this.#context.serving(worker)
  }

  /** @param worker of this slot, has ended */
  async gone(worker: ForkedWorker): Promise<void> {
    if (worker === this.next) this.next = null
    if (worker !== this.worker) return
    this.worker = null
    const exit = await worker.gone
    // Whoever replaces it knows, and deals with it.
    if (this.next !== null || this.#ended || !this.#context.started) return
    if (worker.leaving && exit.code === 0) this.#start(worker.generation)
    else this.#crashed(worker, exit)
  }

  /** The new one serves from here on. */
  taken(next: ForkedWorker): void {
    this.worker = next
    this.next = null
    this.givenUp = null
  }

  /** Starts a worker here now, unless there is one that stays. */
  refill(generation: Generation): void {
    if ((this.worker === null || this.worker.leaving) && this.next === null) this.#start(generation)
  }

  /** A start that is due is left out: somebody else takes the slot. */
  hold(): void {
    this.#restart?.cancel()
    this.#restart = null
  }

  end(): void {
    this.#ended = true
    this.hold()
  }

  #crashed(worker: ForkedWorker, { reason }: Exit): void {
    const { slot, pid, generation } = worker
    const { clock, events } = this.#context
    const restartMs = this.#crashes.crashed(generation.number, clock.wallNow() - worker.startedAt)
    events.emit('crash', { slot, pid, generation: generation.number, reason, restartMs })
    if (restartMs !== null) {
      this.#restart = clock.after(restartMs, () => this.#start(generation))
      return
    }
    const fallback = this.#context.fallback(generation)
    events.emit('crashLoop', { slot, generation: generation.number, reason, fallback: fallback?.number ?? null })
    if (fallback !== null) this.#start(fallback)
    else {
      this.givenUp = reason
      this.#context.slotOnGivenUp(this, reason)
    }
  }

  #start(generation: Generation): void {
    // One is enough, whatever was due.
    this.hold()
    if (this.#ended) return
    this.givenUp = null
    // Failing to start is a crash like any other, and `gone` hears of it.
    this.launch(generation).catch(() => {})
  }
}
