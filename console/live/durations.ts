/** How long handlers take, by route: of histograms that only grow, what was added in the last minute. Pure. */
import type { Look } from '../../src/ops/live/wire.ts'
import { serversOf } from './totals.ts'

/** By route: a count for each bound, and one for what is above them; and the errors. */
export interface Durations {
  readonly at: number
  readonly routes: Readonly<Record<string, { readonly counts: readonly number[]; readonly errors: number }>>
}

export interface RouteDurations {
  readonly route: string
  readonly perSecond: number
  /** In milliseconds: the bound below which so many are; infinite when that is above all bounds. */
  readonly p50Ms: number
  readonly p99Ms: number
  readonly errors: number
}

/** All processes added up. */
export function durationsOf(look: Look): Durations {
  const routes: Record<string, { counts: number[]; errors: number }> = {}
  for (const { value } of serversOf(look)) {
    for (const [route, { handlers, errors }] of Object.entries(value.traffic?.routes ?? {})) {
      const before = routes[route]
      const counts = handlers.map((count, place) => count + (before?.counts[place] ?? 0))
      routes[route] = { counts, errors: errors + (before?.errors ?? 0) }
    }
  }
  return { at: look.point.at, routes }
}

/** Since the oldest of them, the slowest first; routes on which no handler has finished are left out. */
export function slowest(all: readonly Durations[], bounds: readonly number[]): RouteDurations[] {
  const [first] = all
  const last = all.at(-1)
  if (first === undefined || last === undefined || first === last) return []
  const seconds = (last.at - first.at) / 1_000
  return Object.entries(last.routes)
    .flatMap(([route, { counts, errors }]) => {
      const before = first.routes[route]
      const since = counts.map((count, place) => count - (before?.counts[place] ?? 0))
      // A process has gone, and its counts with it.
      const added = since.some((count) => count < 0) ? counts : since
      const calls = added.reduce((sum, count) => sum + count, 0)
      if (calls === 0) return []
      const [p50Ms, p99Ms] = [quantile(added, bounds, 0.5), quantile(added, bounds, 0.99)]
      return [{ route, perSecond: calls / seconds, p50Ms, p99Ms, errors: Math.max(0, errors - (before?.errors ?? 0)) }]
    })
    .sort((a, b) => b.p99Ms - a.p99Ms || b.perSecond - a.perSecond)
}

/** The bound of the bucket in which it lies. */
export function quantile(counts: readonly number[], bounds: readonly number[], share: number): number {
  const all = counts.reduce((sum, count) => sum + count, 0)
  let seen = 0
  const place = counts.findIndex((count) => {
    seen += count
    return seen >= all * share
  })
  return (bounds[place] ?? Number.POSITIVE_INFINITY) * 1_000
}
