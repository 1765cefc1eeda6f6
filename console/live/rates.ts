/** What points say per second: differences of counters. Pure. */
import type { Point } from '../../src/ops/live/wire.ts'

export type Counter =
  | 'accepted'
  | 'closed'
  | 'moved'
  | 'refused'
  | 'messagesReceived'
  | 'messagesSent'
  | 'messagesDropped'

/** Seconds since 1970, for a chart. */
export function timesOf(points: readonly Point[]): number[] {
  return points.map(({ at }) => at / 1_000)
}

/** Open for their clients: those that are on the way to another process included. */
export function openOf({ open, moving }: Point): number {
  return open + moving
}

/** How many a second, at each point; null where it cannot be told: at the first, after a pause, when a process began anew. */
export function perSecond(points: readonly Point[], counter: Counter): (number | null)[] {
  return points.map((point, index) => {
    const before = points[index - 1]
    if (before === undefined) return null
    const seconds = (point.at - before.at) / 1_000
    const more = point[counter] - before[counter]
    return seconds <= 0 || seconds > 10 || more < 0 ? null : more / seconds
  })
}

/** Over the last few seconds, so that it can be read. */
export function rateNow(points: readonly Point[], counter: Counter, over = 5): number | null {
  const rates = perSecond(points.slice(-over - 1), counter).filter((one) => one !== null)
  return rates.length === 0 ? null : rates.reduce((sum, one) => sum + one, 0) / rates.length
}
