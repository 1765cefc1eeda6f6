/**
 * Does one series of samples grow with the connections that have come and gone? A line through what was sampled after warming up,
 * and what its bounds allow to be said. Pure.
 *
 * Growth that stops is none: a cache that fills, code that gets compiled (in a small server of ws 250 KB over 3,000 connections, ever
 * less). So the later half has to grow as well. And growth is what is beyond the tolerance with certainty; a plateau is what is below
 * it with certainty; all else is not known.
 */
import { type Slope, slopeBeside, slopeOf } from './slope.ts'

export type Outcome = 'plateau' | 'leak' | 'unclear'

/** One sample, taken when everybody had left. */
export interface Point {
  /** Connections so far. */
  readonly connections: number
  /** Of them, those whose clients vanished and that the server has not let go of: they cost memory and are no leak yet. */
  readonly held: number
  readonly bytes: number
}

export interface Judgement {
  readonly outcome: Outcome
  /** Bytes for each connection; null when there were too few samples. */
  readonly fit: Slope | null
  /** The same over the later half. */
  readonly late: Slope | null
  /** The points the line goes through. */
  readonly points: readonly Point[]
  readonly toleranceBytes: number
  /** Why it is so, where the numbers alone do not say it. */
  readonly note: string
}

/** So many blocks at least, of which each gives its least sample. */
const BLOCKS = 10
const POINTS_MIN = 5
/** A sample that is so much of the one before has a collection between them. */
const FALLEN_SHARE = 0.95
/** With fewer there is no line through them. */
const COLLECTIONS_MIN = 6
/** Growth that has fallen to less than this is on its way to stop. */
const STILL_SHARE = 0.5

/**
 * @param points without those of the warm-up
 * @param isCollected garbage is not in the samples; otherwise those are taken that have the least of it
 */
export function judge(points: readonly Point[], isCollected: boolean, toleranceBytes: number): Judgement {
  const chosen = isCollected ? points : withLeastGarbage(points)
  const unclear = (note: string, fit: Slope | null = null, late: Slope | null = null): Judgement => ({
    ...{ outcome: 'unclear', fit, late, points: chosen, toleranceBytes, note },
  })
  if (chosen.length < POINTS_MIN) return unclear(`only ${chosen.length} samples`)
  const fit = lineThrough(chosen)
  if (fit === null) return unclear('what vanished connections hold cannot be told from the rest')
  const late = lineThrough(chosen.slice(Math.floor(chosen.length / 2))) ?? fit
  const known = { fit, late, points: chosen, toleranceBytes }
  if (fit.high < toleranceBytes) return { outcome: 'plateau', note: '', ...known }
  if (late.high < toleranceBytes) return { outcome: 'plateau', note: 'it grew at first, and then no more', ...known }
  const goesOn = late.low > toleranceBytes && late.slope > fit.slope * STILL_SHARE
  if (fit.low > toleranceBytes && goesOn) return { outcome: 'leak', note: '', ...known }
  if (fit.low > toleranceBytes) return unclear('it grows, but perhaps ever less', fit, late)
  return unclear('it goes up and down too much', fit, late)
}

function lineThrough(points: readonly Point[]): Slope | null {
  const xs = points.map(({ connections }) => connections)
  const ys = points.map(({ bytes }) => bytes)
  const held = points.map(({ held }) => held)
  try {
    return held.every((count) => count === held[0]) ? slopeOf(xs, ys) : slopeBeside(xs, ys, held)
  } catch {
    return null
  }
}

/** Those right behind a collection, where collections can be seen: the samples fall by more than a little. */
function withLeastGarbage(points: readonly Point[]): Point[] {
  const behind = points.filter(({ bytes }, at) => bytes < (points[at - 1]?.bytes ?? 0) * FALLEN_SHARE)
  return leastOfBlocks(behind.length >= COLLECTIONS_MIN ? behind : points)
}

function leastOfBlocks(points: readonly Point[]): Point[] {
  const size = Math.max(1, Math.floor(points.length / BLOCKS))
  const least: Point[] = []
  // The first block takes what is left over.
  for (let end = points.length; end > 0; end -= size) {
    const block = points.slice(end - size < size ? 0 : end - size, end)
    least.unshift(block.reduce((best, point) => (point.bytes < best.bytes ? point : best)))
    if (block.length > size) break
  }
  return least
}
