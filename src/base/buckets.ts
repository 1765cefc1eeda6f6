/**
 * How many numbers fell between which bounds, and what they add up to: a histogram that allocates nothing when a number comes.
 * Owned by whoever counts; nothing to end.
 */

/** What was counted until now. */
export interface BucketFigures {
  /** One for each bound, of the numbers up to it and above the one before, and one for what is above all of them. */
  readonly counts: readonly number[]
  readonly sum: number
}

export class Buckets {
  readonly #bounds: readonly number[]
  /** The counts, then the sum. */
  readonly #values: Float64Array

  /** @param bounds rising */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#values = new Float64Array(bounds.length + 2)
  }

  /** @param times that it came */
  add(value: number, times = 1): void {
    const bounds = this.#bounds
    const values = this.#values
    let place = 0
    while (place < bounds.length && value > (bounds[place] as number)) place++
    values[place] = (values[place] as number) + times
    values[bounds.length + 1] = (values[bounds.length + 1] as number) + value * times
  }

  figures(): BucketFigures {
    const { length } = this.#bounds
    return { counts: [...this.#values.subarray(0, length + 1)], sum: this.#values[length + 1] as number }
  }
}
