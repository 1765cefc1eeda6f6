/** How long handlers take, by route: of histograms that only grow, what was added in the last minute. Pure. */
import type { Look } from '../../src/ops/live/wire.ts'
import { processesOf } from './totals.ts'

/** Of one process, by route: a count for each bound, and one for what is above them; and the errors. */
interface Counted {
  /** It counts since then. */
  readonly bornAt: number
  readonly routes: Readonly<Record<string, { readonly counts: readonly number[]; readonly errors: number }>>
}

export interface Durations {
  readonly at: number
  /** By the id of the process. */
  readonly processes: Readonly<Record<string, Counted>>
}

export interface RouteDurations {
  readonly route: string
  readonly perSecond: number
  /** In milliseconds: the bound below which so many are; infinite when that is above all bounds. */
  readonly p50Ms: number
  readonly p99Ms: number
  readonly errors: number
}

export function durationsOf(look: Look): Durations {
  const { at } = look.point
  const told = processesOf(look).flatMap(({ value: { pid, uptimeMs, server } }): [string, Counted][] => {
    const traffic = server?.traffic
    if (!traffic) return []
    const routes = Object.entries(traffic.routes).map(([route, { handlers, errors }]) => [
      route,
      { counts: handlers, errors },
    ])
    return [[String(pid), { bornAt: at - uptimeMs, routes: Object.fromEntries(routes) }]]
  })
  return { at, processes: Object.fromEntries(told) }
}

/** Since the oldest of them, all processes added up, the slowest first; routes on which no handler has finished are left out. */
export function slowest(all: readonly Durations[], bounds: readonly number[]): RouteDurations[] {
  const [first] = all
  const last = all.at(-1)
  if (first === undefined || last === undefined || first === last) return []
  const seconds = (last.at - first.at) / 1_000
  const added = new Map<string, { counts: readonly number[]; errors: number }>()
  for (const pid of new Set(all.flatMap(({ processes }) => Object.keys(processes)))) {
    for (const [route, { counts, errors }] of addedBy(pid, all, first.at)) {
      const before = added.get(route)
      const sums = counts.map((count, place) => count + (before?.counts[place] ?? 0))
      added.set(route, { counts: sums, errors: errors + (before?.errors ?? 0) })
    }
  }
  return [...added]
    .flatMap(([route, { counts, errors }]) => {
      const calls = counts.reduce((sum, count) => sum + count, 0)
      if (calls === 0) return []
      const [p50Ms, p99Ms] = [quantile(counts, bounds, 0.5), quantile(counts, bounds, 0.99)]
      return [{ route, perSecond: calls / seconds, p50Ms, p99Ms, errors }]
    })
    .sort((a, b) => b.p99Ms - a.p99Ms || b.perSecond - a.perSecond)
}

/** What one process has added, by route: from the first time it was seen to the last. One that has begun meanwhile has added all it has. */
function addedBy(pid: string, all: readonly Durations[], since: number): [string, Counted['routes'][string]][] {
  const seen = all.flatMap(({ processes }) => processes[pid] ?? [])
  const [first, last] = [seen[0] as Counted, seen.at(-1) as Counted]
  const before = first.bornAt >= since ? {} : first.routes
  return Object.entries(last.routes).map(([route, { counts, errors }]) => {
    const added = counts.map((count, place) => count - (before[route]?.counts[place] ?? 0))
    // Another process has this id now: in a container all have the same.
    if (added.some((count) => count < 0)) return [route, { counts, errors }]
    return [route, { counts: added, errors: Math.max(0, errors - (before[route]?.errors ?? 0)) }]
  })
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
