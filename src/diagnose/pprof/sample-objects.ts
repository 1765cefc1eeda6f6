/**
 * How many objects the samples of V8's heap sampler stand for. Pure functions; hold nothing.
 *
 * V8 says only bytes. Of a sampled object of some size it says size × n, where n = round(1 / (1 - e^(-size/interval))) is how many of that size
 * one sample stands for. Of a place in the code with k such samples it says the sum, size × round(k / (1 - e^(-size/interval))). So the
 * size is a divisor of the first for which n comes out, and where several are, the second tells them apart, the better the more
 * samples there are. Of those that are left the smallest is taken. It is an estimate: exact for most places with ten samples, and
 * for one sample it may be several times too high.
 */

/**
 * 512 KiB, as in Go, but for 128 bytes: this is 8 × 65520, and 65520 is divided by all numbers up to 10, and by 12 to 16. Objects are as
 * long as a multiple of 8; for a size that divides the interval, the smallest that comes out is the right one.
 */
export const SAMPLE_INTERVAL_BYTES = 512 * 1024 - 128

const WORD_BYTES = 8
/** An object that is longer than this share of what its sample says stands for fewer than so many. */
const FEW = 5
/** What may be tried for one place: where samples of many sizes come together, each has its smallest. */
const TRIES_MAX = 1_024

export class ObjectCounts {
  readonly #intervalBytes: number
  /** By what one sample says. Ends with the profile it is made for. */
  // Bounded by the places of one profile; goes with it.
  readonly #sizes = new Map<number, readonly number[]>()

  constructor(intervalBytes: number) {
    this.#intervalBytes = intervalBytes
  }

  /**
   * For one place: how many objects a sample that says so many bytes stands for.
   *
   * @param samples what each sample there says, and how many say so
   * @param sum what V8 says for all of them together
   */
  of(samples: ReadonlyMap<number, number>, sum: number): ReadonlyMap<number, number> {
    const parts = [...samples].map(([bytes, count]) => ({ bytes, count, sizes: this.#sizesFor(bytes) }))
    const tries = parts.reduce((product, { sizes }) => product * sizes.length, 1)
    const smallest = parts.map(({ sizes }) => sizes[0] as number)
    const fitting = tries <= TRIES_MAX ? this.#fit(parts, sum) : null
    const sizes = fitting ?? smallest
    return new Map(parts.map(({ bytes }, index) => [bytes, bytes / (sizes[index] as number)]))
  }

  /** One size for each part, so that the sum comes out; the smaller ones first. Null: there are none. */
  #fit(parts: readonly { count: number; sizes: readonly number[] }[], sum: number): number[] | null {
    const [first, ...others] = parts
    if (first === undefined) return sum === 0 ? [] : null
    for (const size of first.sizes) {
      const rest = sum - size * Math.round(first.count * this.#standsFor(size))
      const fitting = rest < 0 ? null : this.#fit(others, rest)
      if (fitting !== null) return [size, ...fitting]
    }
    return null
  }

  /** Of the sizes that come out for a sample that says so many bytes, all: the smallest first. At least one. */
  #sizesFor(bytes: number): readonly number[] {
    const known = this.#sizes.get(bytes)
    if (known !== undefined) return known
    const sizes: number[] = []
    const least = Math.floor((bytes - this.#intervalBytes) / WORD_BYTES) * WORD_BYTES
    for (let size = Math.max(WORD_BYTES, least); size <= bytes / FEW; size += WORD_BYTES) {
      if (this.#comesOut(bytes, size)) sizes.push(size)
    }
    for (let objects = FEW - 1; objects >= 1; objects--) {
      if (this.#comesOut(bytes, bytes / objects)) sizes.push(bytes / objects)
    }
    if (sizes.length === 0) sizes.push(bytes)
    this.#sizes.set(bytes, sizes)
    return sizes
  }

  #comesOut(bytes: number, size: number): boolean {
    return bytes % size === 0 && Math.round(this.#standsFor(size)) === bytes / size
  }

  #standsFor(size: number): number {
    return 1 / -Math.expm1(-size / this.#intervalBytes)
  }
}
