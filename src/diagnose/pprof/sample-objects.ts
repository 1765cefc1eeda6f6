/**
 * How many objects a sample of V8's heap sampler stands for. Pure function; holds nothing.
 *
 * V8 tells only bytes: the size of the sampled object times the number of objects of that size that one sample stands for, which
 * is round(1 / (1 - e^(-size/interval))). So the size is a divisor of the bytes for which that comes out. With an interval
 * that most small sizes divide (see SAMPLE_INTERVAL_BYTES) there is exactly one for them: the bytes minus the interval. For
 * other sizes a smaller one may fit as well and is taken; the number is then too high, by less than a factor of two.
 */

/**
 * 512 KiB, as in Go, but for 128 bytes: this is 8 × 65520, and 65520 is divided by all numbers up to 10, and by 12 to 16. Objects are as long
 * as a multiple of 8, so the usual sizes divide it.
 */
export const SAMPLE_INTERVAL_BYTES = 512 * 1024 - 128

const WORD_BYTES = 8

export function objectsOf(sampleBytes: number, intervalBytes: number): number {
  const least = Math.max(WORD_BYTES, Math.floor((sampleBytes - intervalBytes) / WORD_BYTES) * WORD_BYTES)
  // An object much longer than the interval stands for itself alone: the first that is tried fits.
  for (let objects = 1; objects <= 4; objects++) {
    if (standsFor(sampleBytes / objects, intervalBytes) === objects) return objects
  }
  for (let size = least; size <= sampleBytes; size += WORD_BYTES) {
    if (sampleBytes % size === 0 && standsFor(size, intervalBytes) === sampleBytes / size) return sampleBytes / size
  }
  return 1
}

function standsFor(size: number, intervalBytes: number): number {
  return Math.round(1 / -Math.expm1(-size / intervalBytes))
}
