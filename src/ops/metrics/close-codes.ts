/**
 * Which close codes are told apart. Clients choose among 2,000 from 3000 on, and each process tells the first few of them apart; those of all
 * workers that ever were together would be as many as clients like, each a row for every route and side.
 *
 * Owned by the figures of a supervisor. Remembers the codes it has told apart, so that no row that was there goes; nothing to end.
 */
import { FREE_CODE_MIN, FREE_CODES_MAX, OTHER } from '../../connection/traffic.ts'
import { isBucketSample, type MetricFigures } from './figures.ts'

export class CloseCodes {
  // Bounded by FREE_CODES_MAX.
  readonly #free = new Set<string>()

  /** The same figures, in which what is not told apart is `other`: several samples may have the same labels then, until they are added up. */
  bounded(figures: MetricFigures): MetricFigures {
    const { holdfast_connections_closed_total: closed } = figures
    if (closed === undefined) return figures
    const bounded = closed.map((sample) => {
      const { code = OTHER } = sample.labels
      if (isBucketSample(sample) || this.#isToldApart(code)) return sample
      return { ...sample, labels: { ...sample.labels, code: OTHER } }
    })
    return { ...figures, holdfast_connections_closed_total: bounded }
  }

  #isToldApart(code: string): boolean {
    if (code === OTHER || Number(code) < FREE_CODE_MIN || this.#free.has(code)) return true
    if (this.#free.size === FREE_CODES_MAX) return false
    this.#free.add(code)
    return true
  }
}
