/**
 * What all series together say: is it a leak, and where: in the heap, or outside of it. In words as well. Pure.
 */
import { bytesEach, count } from './figures.ts'
import type { Judgement, Outcome } from './judge.ts'
import type { MemorySeries } from './memory-source.ts'

export interface JudgedSeries extends MemorySeries {
  readonly judgement: Judgement
}

export interface SoakVerdict {
  readonly outcome: Outcome
  /** `LEAK: 4.1 ± 0.2 KB per connection`, `PLATEAU: …`, `COULD NOT TELL: …`. */
  readonly sentence: string
  /** What else there is to say, a sentence each. */
  readonly details: readonly string[]
  /** The place in the list of the series that decided, or -1. */
  readonly decidedBy: number
}

/** Vanished connections that the server still had when we no longer waited. */
export interface StillHeld {
  readonly count: number
  readonly vanished: number
  readonly seconds: number
}

export function soakVerdict(all: readonly JudgedSeries[], held: StillHeld | null, connections: number): SoakVerdict {
  const decidedBy = deciding(all)
  const main = all[decidedBy]
  if (held !== null) return heldVerdict(held, all, decidedBy)
  if (main === undefined) {
    return { outcome: 'unclear', sentence: 'COULD NOT TELL: nothing was watched', details: [], decidedBy }
  }
  const { outcome, fit, note } = main.judgement
  const others = all.filter((one) => one !== main)
  const rss = others.find(({ kind }) => kind === 'rss')
  if (
    main.kind === 'heap' &&
    outcome === 'plateau' &&
    rss?.judgement.outcome === 'leak' &&
    rss.judgement.fit !== null
  ) {
    return {
      ...{ outcome: 'leak', decidedBy: all.indexOf(rss) },
      sentence: `LEAK outside of the heap: ${bytesEach(rss.judgement.fit)} per connection`,
      details: [
        `RSS grows, heap does not: ${main.name} ${bytesEach(fit)} per connection; look at native code, or at what allocates outside of the heap`,
      ],
    }
  }
  const over = `over ${count(connections)} connections`
  const words: Readonly<Record<Outcome, string>> = {
    plateau: `PLATEAU: ${bytesEach(fit)} per connection ${over}${note === '' ? '' : `; ${note}`}`,
    leak: `LEAK: ${bytesEach(fit)} per connection`,
    unclear: `COULD NOT TELL: ${note}${fit === null ? '' : ` (${bytesEach(fit)} per connection)`}`,
  }
  const details = others.map((other) => beside(main, other))
  if (outcome === 'unclear') details.push(advice(main))
  else details.unshift(`judged by ${main.name}, 95 % confidence, ${over}`)
  return { outcome, sentence: words[outcome], details, decidedBy }
}

/** What lives says more than what the process has; what is collected more than what is not. */
function deciding(all: readonly JudgedSeries[]): number {
  const rank = ({ kind, isCollected }: MemorySeries): number => (kind === 'heap' ? 2 : 0) + (isCollected ? 1 : 0)
  return all.reduce((best, one, at) => (best === -1 || rank(one) > rank(all[best] as JudgedSeries) ? at : best), -1)
}

function beside(main: JudgedSeries, other: JudgedSeries): string {
  const { outcome, fit } = other.judgement
  const figure = `${other.name}: ${bytesEach(fit)} per connection`
  if (main.kind !== 'heap' || other.kind !== 'rss') return `${figure} (${WORDS[outcome]})`
  const isLeak = main.judgement.outcome === 'leak'
  if (main.judgement.outcome === 'unclear') return `${figure} (${WORDS[outcome]})`
  if (outcome === 'leak') return `${figure}: it grows${isLeak ? ' as well' : ', the heap does not'}`
  if (outcome === 'unclear') return `${figure}: nothing can be said of it; empty pages come and go`
  return isLeak
    ? `${figure}: it does not show the leak yet, there is room in its pages`
    : `${figure}: it does not grow either`
}

const WORDS: Readonly<Record<Outcome, string>> = { plateau: 'plateau', leak: 'grows', unclear: 'not known' }

function advice({ kind, isCollected }: MemorySeries): string {
  const more = 'more rounds (--rounds) or connections (--connections) tell more'
  if (isCollected) return more
  const instead =
    kind === 'rss'
      ? 'a heap (--pid of a Node process, --pprof of a Go program)'
      : 'what is collected first (--pprof of a Go program)'
  return `${more}; so does ${instead}`
}

function heldVerdict(held: StillHeld, all: readonly JudgedSeries[], decidedBy: number): SoakVerdict {
  const { count: left, vanished, seconds } = held
  return {
    ...{ outcome: 'leak', decidedBy },
    sentence: `LEAK: the server still holds ${count(left)} of ${count(vanished)} connections whose clients vanished, ${seconds} s after the last`,
    details: [
      'it needs a heartbeat: ping its clients, and end those that do not answer; if it has a slower one, wait longer with --patience',
      ...all.map(({ name, judgement }) => `${name}: ${bytesEach(judgement.fit)} per connection`),
    ],
  }
}
