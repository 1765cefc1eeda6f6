/** The slope of a series and its bound, against values from tables and against series whose slope is known. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quantileOfT, slopeOf } from '../../../../src/diagnose/soak/slope.ts'

function near(seen: number, wanted: number, by: number): void {
  assert.ok(Math.abs(seen - wanted) <= by, `${seen} is not within ${by} of ${wanted}`)
}

/** Numbers that look random, between -1 and 1, the same in each run. */
function* noise(seed: number): Generator<number, never> {
  let state = seed
  for (;;) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    yield (state / 2 ** 31) * 2 - 1
  }
}

function series(length: number, slope: number, seed: number, memory = 0): { xs: number[]; ys: number[] } {
  const from = noise(seed)
  const xs = Array.from({ length }, (_, at) => at)
  let carried = 0
  const ys = xs.map((x) => {
    carried = memory * carried + from.next().value
    return 100 + slope * x + carried
  })
  return { xs, ys }
}

test('quantiles of the t distribution are those of the tables', () => {
  const table = [
    [0.975, 1, 12.706],
    [0.975, 2, 4.303],
    [0.975, 5, 2.571],
    [0.975, 10, 2.228],
    [0.975, 48, 2.011],
    [0.95, 10, 1.812],
    [0.995, 30, 2.75],
  ] as const
  for (const [probability, freedom, wanted] of table) near(quantileOfT(probability, freedom), wanted, 0.001)
  near(quantileOfT(0.025, 10), -2.228, 0.001)
  assert.equal(quantileOfT(0.5, 7), 0)
})

test('slope and bound of five points, worked out by hand', () => {
  // Slope 0.6, intercept 2.2; the residuals -0.8 0.6 1 -0.6 -0.2 have squares 2.4, and their lag-1 products make -0.36 / 2.4.
  const { slope, intercept, low, high, effectiveSamples, autocorrelation } = slopeOf([1, 2, 3, 4, 5], [2, 4, 5, 4, 5])
  near(slope, 0.6, 1e-12)
  near(intercept, 2.2, 1e-12)
  assert.equal(autocorrelation, 0)
  assert.equal(effectiveSamples, 5)
  // Standard error sqrt(2.4 / 3 / 10) = 0.28284, times 3.18245 for three degrees of freedom.
  near(high, 0.6 + 0.90013, 1e-4)
  near(low, 0.6 - 0.90013, 1e-4)
})

test('a line without noise has its slope and no doubt', () => {
  const { slope, low, high } = slopeOf([0, 1, 2, 3], [7, 9, 11, 13])
  near(slope, 2, 1e-12)
  near(high - low, 0, 1e-12)
})

test('of many series with a known slope about 95 in 100 have it within their bounds', () => {
  let inside = 0
  for (let seed = 1; seed <= 200; seed++) {
    const { xs, ys } = series(50, 0.3, seed * 7_919)
    const { low, high } = slopeOf(xs, ys)
    if (low <= 0.3 && 0.3 <= high) inside++
  }
  assert.ok(inside >= 180 && inside <= 199, `${inside} of 200`)
})

test('samples that carry over widen the bound', () => {
  const alone = slopeOf(...args(series(50, 0, 5)))
  const carried = slopeOf(...args(series(50, 0, 5, 0.8)))
  assert.ok(carried.autocorrelation > 0.4, `${carried.autocorrelation}`)
  assert.ok(carried.effectiveSamples < alone.effectiveSamples / 2)
  assert.ok(carried.high - carried.low > 2 * (alone.high - alone.low))
})

test('too few points, or all in one place, are refused', () => {
  assert.throws(() => slopeOf([1, 2], [1, 2]), /wanted 3/)
  assert.throws(() => slopeOf([1, 1, 1], [1, 2, 3]), /same x/)
})

function args({ xs, ys }: { xs: number[]; ys: number[] }): [number[], number[]] {
  return [xs, ys]
}
