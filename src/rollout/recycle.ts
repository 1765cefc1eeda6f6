/**
 * Which worker is to be replaced by itself: one whose heap has been nearly full for a while, or one that is too old. One at a
 * time, and at most so often.
 *
 * Owned by the supervisor, which asks once a second. Pure but for what it remembers of workers, which it forgets when they are
 * gone; nothing to end.
 */
import type { ForkedWorker } from './forked-worker.ts'
import type { RolloutOptions } from './rollout-options.ts'

/** A heap that is full of garbage is no reason: it has to stay over the mark for so many looks. */
const LOOKS = 10

export type Recyclable = Pick<ForkedWorker, 'name' | 'state' | 'startedAt' | 'figures'>

type RecycleOptions = Pick<RolloutOptions, 'recycleOldSpacePercent' | 'recycleMaxAgeMs' | 'recyclePauseMs'>

interface Remembered {
  /** How many looks in a row its heap has been over the mark. */
  over: number
  readonly maxAgeMs: number
}

export class Recycle {
  readonly #options: RecycleOptions
  readonly #random: () => number
  // Removed by: look(), when the worker is not among those it is shown.
  readonly #workers = new Map<string, Remembered>()
  #notBefore = 0

  constructor(options: RecycleOptions, random: () => number) {
    this.#options = options
    this.#random = random
  }

  /** Who is due, and why; the one whose heap is fullest before one that is only old. */
  look<Worker extends Recyclable>(workers: readonly Worker[], now: number): { worker: Worker; reason: string } | null {
    const { recycleOldSpacePercent, recyclePauseMs } = this.#options
    const names = new Set(workers.map(({ name }) => name))
    for (const name of this.#workers.keys()) if (!names.has(name)) this.#workers.delete(name)
    let due: { worker: Worker; reason: string; percent: number } | null = null
    for (const worker of workers) {
      const remembered = this.#remember(worker.name)
      const percent = oldSpacePercent(worker)
      remembered.over = recycleOldSpacePercent > 0 && percent >= recycleOldSpacePercent ? remembered.over + 1 : 0
      if (worker.state !== 'serving') continue
      const full = remembered.over >= LOOKS
      const ageMs = now - worker.startedAt
      if (!full && (remembered.maxAgeMs === 0 || ageMs < remembered.maxAgeMs)) continue
      const weight = full ? percent : 0
      const reason = full
        ? `its heap is ${Math.round(percent)} per cent full`
        : `it is ${Math.round(ageMs / 1_000)} s old`
      if (due === null || weight > due.percent) due = { worker, reason, percent: weight }
    }
    if (due === null || now < this.#notBefore) return null
    this.#notBefore = now + recyclePauseMs
    return { worker: due.worker, reason: due.reason }
  }

  #remember(name: string): Remembered {
    let remembered = this.#workers.get(name)
    if (remembered === undefined) {
      const { recycleMaxAgeMs } = this.#options
      // Workers that were started together do not go together.
      remembered = { over: 0, maxAgeMs: recycleMaxAgeMs * (1 - this.#random() / 10) }
      this.#workers.set(name, remembered)
    }
    return remembered
  }
}

function oldSpacePercent({ figures }: Recyclable): number {
  return figures === null ? 0 : (figures.oldBytes / figures.oldLimitBytes) * 100
}
