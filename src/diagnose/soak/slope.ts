/**
 * A straight line through a series by least squares, and how far its slope can be trusted. Pure functions.
 *
 * Memory sampled after each wave is autocorrelated: a high sample is followed by high ones until a collection comes. The
 * usual bound takes samples for independent and would be too narrow. Here the number of samples is replaced by
 * n (1 - r) / (1 + r), with r the lag-1 autocorrelation of the residuals (0 when it is negative): the variance of the residuals,
 * the standard error and the degrees of freedom of the t distribution are those of so many independent samples (Santer et
 * al., J. Geophys. Res. 105, 2000).
 */

export interface Slope {
  /** Per unit of x. */
  readonly slope: number
  readonly intercept: number
  /** The ends of the two-sided 95 % confidence interval of the slope. */
  readonly low: number
  readonly high: number
  readonly samples: number
  /** So many independent samples say as much. */
  readonly effectiveSamples: number
  /** Of the residuals, from one sample to the next. */
  readonly autocorrelation: number
}

const CONFIDENCE = 0.95
/** Less than this of it is left: one cause goes with the other, and nobody can tell which it was. */
const TOGETHER_SHARE = 0.01

/** @throws when there are fewer than three points, or all have the same x */
export function slopeOf(xs: readonly number[], ys: readonly number[]): Slope {
  const samples = xs.length
  if (samples < 3 || ys.length !== samples) throw new Error(`${samples} points have no slope with a bound: wanted 3`)
  const [meanX, meanY] = [mean(xs), mean(ys)]
  let [sumXX, sumXY] = [0, 0]
  for (const [at, x] of xs.entries()) {
    sumXX += (x - meanX) ** 2
    sumXY += (x - meanX) * ((ys[at] as number) - meanY)
  }
  if (sumXX === 0) throw new Error('all points have the same x')
  const slope = sumXY / sumXX
  const intercept = meanY - slope * meanX
  const residuals = ys.map((y, at) => y - intercept - slope * (xs[at] as number))
  const autocorrelation = Math.max(0, lagOne(residuals))
  // Fewer than three would have no degree of freedom.
  const effectiveSamples = Math.max(3, (samples * (1 - autocorrelation)) / (1 + autocorrelation))
  const freedom = effectiveSamples - 2
  const squares = residuals.reduce((sum, residual) => sum + residual ** 2, 0)
  const half = quantileOfT((1 + CONFIDENCE) / 2, freedom) * Math.sqrt(squares / freedom / sumXX)
  return { slope, intercept, low: slope - half, high: slope + half, samples, effectiveSamples, autocorrelation }
}

/**
 * The same beside a second cause: the slope over `xs` of what `others` does not explain (Frisch and Waugh, Econometrica 1, 1933).
 * One degree of freedom goes to it.
 *
 * @throws when there are fewer than four points, or what `others` does not explain of `xs` is nothing
 */
export function slopeBeside(xs: readonly number[], ys: readonly number[], others: readonly number[]): Slope {
  if (xs.length < 4) throw new Error(`${xs.length} points have no slope beside another: wanted 4`)
  const [restOfX, restOfY] = [withoutEffectOf(others, xs), withoutEffectOf(others, ys)]
  const squares = (values: readonly number[]): number => values.reduce((sum, value) => sum + value ** 2, 0)
  const meanX = mean(xs)
  if (squares(restOfX) < squares(xs.map((x) => x - meanX)) * TOGETHER_SHARE) throw new Error('both causes go together')
  const found = slopeOf(restOfX, restOfY)
  const freedom = Math.max(1, found.effectiveSamples - 3)
  const wider =
    (quantileOfT((1 + CONFIDENCE) / 2, freedom) / quantileOfT((1 + CONFIDENCE) / 2, found.effectiveSamples - 2)) *
    Math.sqrt((found.effectiveSamples - 2) / freedom)
  const half = ((found.high - found.low) / 2) * wider
  // Of the line through what there was, with the second cause at nothing.
  return { ...found, low: found.slope - half, high: found.slope + half, intercept: mean(ys) - found.slope * meanX }
}

function withoutEffectOf(others: readonly number[], values: readonly number[]): number[] {
  const [meanOther, meanValue] = [mean(others), mean(values)]
  let [squares, products] = [0, 0]
  for (const [at, other] of others.entries()) {
    squares += (other - meanOther) ** 2
    products += (other - meanOther) * ((values[at] as number) - meanValue)
  }
  const effect = squares === 0 ? 0 : products / squares
  return values.map((value, at) => value - meanValue - effect * ((others[at] as number) - meanOther))
}

/** The value that a t distribution stays below with this probability. @param freedom at least 1, need not be whole */
export function quantileOfT(probability: number, freedom: number): number {
  if (probability === 0.5) return 0
  if (probability < 0.5) return -quantileOfT(1 - probability, freedom)
  // With t = sqrt(freedom) * tan(angle) the density becomes cos(angle) ** (freedom - 1), which needs no gamma function.
  const whole = area(Math.PI / 2, freedom)
  const wanted = (2 * probability - 1) * whole
  let [low, high] = [0, Math.PI / 2]
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2
    if (area(middle, freedom) < wanted) low = middle
    else high = middle
  }
  return Math.sqrt(freedom) * Math.tan(low)
}

/** Simpson's rule from 0. */
function area(to: number, freedom: number): number {
  const STEPS = 400
  const width = to / STEPS
  const density = (angle: number) => Math.max(0, Math.cos(angle)) ** (freedom - 1)
  let sum = density(0) + density(to)
  for (let step = 1; step < STEPS; step++) sum += density(step * width) * (step % 2 === 1 ? 4 : 2)
  return (sum * width) / 3
}

function lagOne(residuals: readonly number[]): number {
  let [squares, products] = [0, 0]
  for (const [at, residual] of residuals.entries()) {
    squares += residual ** 2
    if (at > 0) products += residual * (residuals[at - 1] as number)
  }
  return squares === 0 ? 0 : products / squares
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
