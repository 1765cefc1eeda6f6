/**
 * Autopsies: workers that have handed over everything are looked at, one at a time, before they exit. What was found is kept, the last few.
 *
 * Owned by the supervisor. It owns workers from the moment they are empty: each exits by itself after its autopsy, and is killed when that takes
 * too long, or by `end()`. Nobody waits for them.
 */
import type { Clock, ClockTimer } from '../base/clock.ts'
import type { Events } from '../base/events.ts'
import type { AutopsyReport, KeptAutopsy } from './autopsy-report.ts'
import type { Word } from './control.ts'
import type { ForkedWorker } from './forked-worker.ts'
import type { RolloutEvents } from './rollout-events.ts'

export interface AutopsiesInit {
  readonly clock: Clock
  readonly events: Events<RolloutEvents>
  /** How long one may take; 0: there are none. */
  readonly withinMs: number
}

const KEPT_MAX = 10
/** A worker that knows its deadline keeps it, and then has to exit. */
const MARGIN_MS = 5_000

export class Autopsies {
  readonly #init: AutopsiesInit
  // Bounded by the workers. Removed by: their turn, their end, or end().
  #waiting: ForkedWorker[] = []
  #current: { readonly worker: ForkedWorker; readonly timer: ClockTimer } | null = null
  /** The last KEPT_MAX, latest first. */
  #kept: readonly KeptAutopsy[] = []
  #ended = false

  constructor(init: AutopsiesInit) {
    this.#init = init
  }

  /** Is a worker to wait for its autopsy when it is empty? */
  get wanted(): boolean {
    return this.#init.withinMs > 0 && !this.#ended
  }

  get kept(): readonly KeptAutopsy[] {
    return this.#kept
  }

  heard(worker: ForkedWorker, word: Word): void {
    if (word.kind === 'empty') {
      this.#waiting.push(worker)
      if (this.#ended) worker.kill()
      else this.#next()
    } else if (word.kind === 'autopsy') this.#keep(worker, word.report)
  }

  gone(worker: ForkedWorker): void {
    this.#waiting = this.#waiting.filter((one) => one !== worker)
    if (this.#current?.worker !== worker) return
    this.#current.timer.cancel()
    this.#current = null
    if (!this.#ended) this.#next()
  }

  /** Those that wait, and the one whose turn it is, exit at once: there is nothing in them that anybody needs. */
  end(): void {
    this.#ended = true
    for (const worker of this.#waiting) worker.kill()
    this.#current?.worker.kill()
  }

  #next(): void {
    if (this.#current !== null) return
    const worker = this.#waiting.shift()
    if (worker === undefined) return
    const { clock, withinMs } = this.#init
    const timer = clock.after(withinMs + MARGIN_MS, () => {
      const sentence = `it did not end within ${withinMs} ms`
      this.#keep(worker, { verdict: 'unknown', sentence, left: [], finding: null, tookMs: withinMs })
      worker.kill(`its autopsy took longer than ${withinMs} ms`)
    })
    this.#current = { worker, timer }
    worker.order({ kind: 'autopsy', withinMs })
  }

  #keep({ slot, pid, generation }: ForkedWorker, report: AutopsyReport): void {
    const kept = { ...report, slot, pid, generation: generation.number, at: this.#init.clock.wallNow() }
    this.#kept = [kept, ...this.#kept].slice(0, KEPT_MAX)
    this.#init.events.emit('autopsy', kept)
  }
}
