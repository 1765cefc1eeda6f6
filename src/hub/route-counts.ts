/**
 * What each route has at this moment: how many connections and waiting upgrade requests in which state, and how old.
 *
 * Counted when somebody asks, by looking at everything there is; nothing is kept up to date for it. Ends with the answer.
 */
import type { StateName } from '../connection/state.ts'

/** How old, in classes. */
export type AgeName = '<1m' | '<10m' | '<1h' | '<1d' | '>=1d'

/** One route at one moment. */
export interface RouteCounts {
  /** Upgrade requests that wait for their answer. */
  readonly opening: number
  /** Upgrade requests refused or failed whose socket has not closed yet. */
  readonly leaving: number
  readonly open: number
  readonly draining: number
  readonly moving: number
  readonly closing: number
  /** The age of the oldest of all of these in milliseconds; 0 when there is none. */
  readonly oldestMs: number
  /** All of these by age. */
  readonly ages: Readonly<Record<AgeName, number>>
}

/** Where upgrade requests are counted whose path is no route: it does not begin with "/", so no route is named like it. */
export const NO_ROUTE = 'no route'

type Tally = { -readonly [Key in keyof Omit<RouteCounts, 'ages'>]: RouteCounts[Key] } & {
  readonly ages: Record<AgeName, number>
}

const CLASSES: readonly (readonly [AgeName, number])[] = [
  ['<1m', 60_000],
  ['<10m', 600_000],
  ['<1h', 3_600_000],
  ['<1d', 86_400_000],
]

/** Adds up one look. */
export class RouteTally {
  // Bounded by the routes; ends with the look.
  readonly #tallies = new Map<string, Tally>()

  /** @param routes each is in the answer, also when nothing is there */
  constructor(routes: Iterable<string>) {
    for (const route of routes) this.#tallies.set(route, nothing())
  }

  add(route: string, state: Exclude<StateName, 'closed' | 'moved'> | 'opening' | 'leaving', ageMs: number): void {
    let tally = this.#tallies.get(route)
    if (tally === undefined) {
      tally = nothing()
      this.#tallies.set(route, tally)
    }
    tally[state]++
    tally.ages[ageOf(ageMs)]++
    if (ageMs > tally.oldestMs) tally.oldestMs = ageMs
  }

  counts(): Readonly<Record<string, RouteCounts>> {
    return Object.fromEntries(this.#tallies)
  }
}

/** The class of an age in milliseconds. */
export function ageOf(ageMs: number): AgeName {
  return CLASSES.find(([, below]) => ageMs < below)?.[0] ?? '>=1d'
}

function nothing(): Tally {
  const ages = { '<1m': 0, '<10m': 0, '<1h': 0, '<1d': 0, '>=1d': 0 }
  return { opening: 0, leaving: 0, open: 0, draining: 0, moving: 0, closing: 0, oldestMs: 0, ages }
}
