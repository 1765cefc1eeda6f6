/**
 * What a census says: plain values, made once and never changed. Types, and the sentence for a leak; nothing to end.
 */

/** How the collections before a census came about: asked for by it, or done by V8 in its own time. */
export type CollectionWay = 'asked' | 'by itself'

/** Objects of one kind and route that have ended and can still be reached. */
export interface Retained {
  /** `connection`, `upgrade request`, or `object` for what users expect to be released. */
  readonly kind: string
  /** The path the route was declared with; the name of an object. */
  readonly route: string
  /** How many; scaled when they were sampled. */
  readonly count: number
  /** How many of them were looked at: the same as `count`, unless they were sampled. */
  readonly seen: number
  /** Since they ended. */
  readonly oldestMs: number
  readonly youngestMs: number
}

export interface CensusLeak extends Retained {
  /** Why it is called a leak. */
  readonly because: 'grows' | 'threshold'
  /** How many of those that ended longer ago than the patience there were whenever there were more; the last is now. */
  readonly history: readonly number[]
  /** One line for people. */
  readonly sentence: string
}

export interface CensusReport {
  /** Milliseconds since 1970. */
  readonly takenAt: number
  readonly collections: CollectionWay
  /** The longest time it stopped the process, in milliseconds; of its collections, and of the looking. */
  readonly pauseMs: number
  /** All of them together. */
  readonly pausesMs: number
  /** How many objects are watched now, those that have gone left out. */
  readonly watched: number
  /** 1: each is watched. Otherwise one in so many, where most of them ended. */
  readonly sampledOneIn: number
  /** Most first. */
  readonly retained: readonly Retained[]
  /** Groups that leak, those announced earlier included. */
  readonly leaks: readonly CensusLeak[]
}

/** The sentence for a leak. */
export function leakSentence(
  retained: Retained,
  because: CensusLeak['because'],
  history: readonly number[],
  patienceMs: number,
): string {
  const { kind, route, count, seen, oldestMs } = retained
  const kept = history.at(-1) ?? count
  const about = seen === count ? '' : 'about '
  const what =
    kind === 'object' ? `${kept} × "${route}", expected to be released` : `${counted(kept, kind)} of route ${route}`
  const since = `over for more than ${duration(patienceMs)}, the oldest for ${duration(oldestMs)}`
  const why =
    because === 'grows'
      ? `ever more: ${history.join(', ')}`
      : 'more than may be kept for a while by work that is finishing'
  return `${about}${what}, ${since}, can still be reached (${why}): a map, a closure, a timer or a listener keeps ${kept === 1 ? 'it' : 'them'}`
}

/** For example `1 connection`, `3 upgrade requests`. */
export function counted(count: number, kind: string): string {
  return `${count} ${kind}${count === 1 ? '' : 's'}`
}

function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 120_000) return `${Math.round(ms / 1_000)} s`
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`
}
