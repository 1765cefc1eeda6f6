/**
 * When is what can still be reached a leak? Only what has been over for longer than the patience counts: garbage that
 * nobody has collected yet, and work that is still finishing, are gone by then. A group leaks when there were more of those
 * at several censuses and never fewer in between, or when there are more than its threshold.
 *
 * Owned by a census. A group leaves it when nothing of it is left: what comes later is announced anew. Bounded by the
 * groups that are watched.
 */
import { type CensusLeak, leakSentence, type Retained } from './report.ts'
import type { Tally } from './watched.ts'

export interface GrowthRule {
  /** Milliseconds after its end before an object counts. */
  readonly patienceMs: number
  /** At so many censuses there were more than ever before, and at none there were fewer. */
  readonly rises: number
  /** Censuses that follow one another faster count as one. */
  readonly pointsApartMs: number
  /** More than so many are a leak at once. */
  readonly threshold: (kind: string, route: string) => number
}

/** A sample of fewer says too little about all, whatever it stands for. */
const SEEN_MIN = 4
/** Something that keeps the last few of a kind grows too, at first. */
const GROWN_MIN = 10

interface Trail {
  /** Each greater than the one before. Bounded by the rises and one. */
  points: number[]
  pointAt: number
  leak: CensusLeak['because'] | null
}

export class Growth {
  readonly #rule: GrowthRule
  // Removed by: judge(), when nothing of the group is late any more. At most one for each group that is watched.
  readonly #trails = new Map<string, Trail>()

  constructor(rule: GrowthRule) {
    this.#rule = rule
  }

  /** All that leaks now; `isNew` says which of it was not known before. */
  judge(tallies: readonly Tally[], now: number): { readonly leak: CensusLeak; readonly isNew: boolean }[] {
    const left = new Set<string>()
    const found: { leak: CensusLeak; isNew: boolean }[] = []
    for (const tally of tallies) {
      if (tally.late === 0) continue
      const key = JSON.stringify([tally.kind, tally.route])
      left.add(key)
      const trail = this.#trails.get(key) ?? { points: [], pointAt: Number.NEGATIVE_INFINITY, leak: null }
      this.#trails.set(key, trail)
      this.#note(trail, tally.late, now)
      const because = trail.leak ?? this.#verdict(trail, tally)
      if (because === null) continue
      const isNew = trail.leak === null
      trail.leak = because
      found.push({ leak: this.#leak(tally, trail, because, now), isNew })
    }
    for (const key of this.#trails.keys()) if (!left.has(key)) this.#trails.delete(key)
    return found
  }

  clear(): void {
    this.#trails.clear()
  }

  #note(trail: Trail, late: number, now: number): void {
    const { points } = trail
    const last = points.at(-1)
    if (last === late) return
    if (last !== undefined && late > last && now - trail.pointAt < this.#rule.pointsApartMs) {
      points[points.length - 1] = late
      return
    }
    if (last !== undefined && late < last) trail.points = []
    trail.pointAt = now
    trail.points.push(late)
    if (trail.points.length > this.#rule.rises + 1) trail.points.shift()
  }

  #verdict(trail: Trail, { kind, route, late, lateSeen }: Tally): CensusLeak['because'] | null {
    const isSampled = lateSeen !== late
    if (isSampled && lateSeen < SEEN_MIN) return null
    if (late > this.#rule.threshold(kind, route)) return 'threshold'
    return late >= GROWN_MIN && trail.points.length > this.#rule.rises ? 'grows' : null
  }

  #leak(tally: Tally, { points }: Trail, because: CensusLeak['because'], now: number): CensusLeak {
    const retained = retainedOf(tally, now)
    const history = [...points]
    return { ...retained, because, history, sentence: leakSentence(retained, because, history, this.#rule.patienceMs) }
  }
}

export function retainedOf({ kind, route, count, seen, oldestEndedAt, youngestEndedAt }: Tally, now: number): Retained {
  return { kind, route, count, seen, oldestMs: now - oldestEndedAt, youngestMs: now - youngestEndedAt }
}
