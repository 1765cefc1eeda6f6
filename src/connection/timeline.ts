/**
 * What has happened to a connection, and how long its pongs took: numbers in one array, which begins when there is
 * something to say, so that a connection nobody ever spoke to costs a null.
 *
 * The array begins with what is known of pings, so that they push nothing out; behind it are at most ENTRIES_MAX entries, each
 * a moment (milliseconds since the opening, by the wall clock, because that means the same in another process), a kind, and for some kinds a
 * detail. What repeats, also as a pattern of up to three, is kept as the first, the latest, and how often in between.
 * When it is full, the first few and the latest are kept.
 *
 * One array and no object around it, because that object would cost as much as six entries. Owned by the life of its connection and
 * ends with it; travels with a connection that moves.
 */
import type { Life } from './life.ts'

export type Timeline = number[]

const HANDLERS = ['user', 'open', 'hold', 'message', 'drain', 'close'] as const

/**
 * What can be noted, with the details there are: at most 31 kinds of at most 8 details. Only ever add at the end: the numbers travel
 * between versions.
 */
export const KINDS = {
  'left out': [],
  'first message in': [],
  'first message out': [],
  'reading paused': [],
  'reading resumed': [],
  'slow reader': [],
  'caught up': [],
  dropped: ['end', 'drop-newest', 'drop-oldest', 'latestBy', 'budget'],
  'handler overdue': HANDLERS,
  'handler failed': HANDLERS,
  'protocol violation': [],
  frozen: [],
  'served again': [],
  'moving away': [],
  'moved away': ['answered', 'unanswered'],
  'moved here': [],
  draining: ['server', 'peer'],
  'end called': ['end', 'kill'],
  ending: ['peer', 'server', 'network'],
} as const satisfies Record<string, readonly string[]>

export type Kind = keyof typeof KINDS
type DetailOf<K extends Kind> = (typeof KINDS)[K][number]

/** One thing that happened. */
export interface TimelineEntry {
  /** Since the opening; null for what stands in the place of several. */
  readonly atMs: number | null
  readonly what: Kind | 'unknown'
  readonly detail?: string
  /** It had happened so often more since the entry before that is like it. */
  readonly again?: number
  /** How many entries are missing here. */
  readonly entries?: number
}

/** Of the pings of the heartbeat. */
export interface PingFigures {
  readonly answered: number
  readonly lastMs: number
  readonly worstMs: number
  /** For how long the oldest has not been answered; null when all have been. */
  readonly unansweredMs: number | null
}

/** When the oldest ping without answer went out (one more, 0 for none); how many were answered; how long that took last, and at most. */
const SENT = 0
const ANSWERED = 1
const LAST = 2
const WORST = 3
const HEAD = 4

const FEW = HEAD + 4
export const ENTRIES_MAX = 14
const MOST = HEAD + ENTRIES_MAX
/** How a connection began is never pushed out: so many entries. */
const KEPT = 4

const KIND_NAMES = Object.keys(KINDS) as Kind[]
/** From 1: no entry is 0. */
const NUMBERS = Object.fromEntries(KIND_NAMES.map((name, at) => [name, at + 1])) as Record<Kind, number>

// An entry is ((again × 2³⁵ + ms) × 8 + detail) × 32 + kind: 53 bits. An array of numbers takes eight bytes for each, whatever they are.
const LOOKS = 2 ** 8
const MS_MAX = 2 ** 35
const AGAIN_MAX = 2 ** 10 - 1
const PERIOD_MAX = 3

/** It has happened, now. */
export function note<K extends Kind>(life: Life, kind: K, detail?: DetailOf<K>): void {
  const number = detail === undefined ? 0 : (KINDS[kind] as readonly string[]).indexOf(detail)
  life.timeline = withEntry(life.timeline, NUMBERS[kind] + 32 * number, sinceOpening(life))
}

/** A ping has been given to the outbox. */
export function pinged(life: Life): void {
  life.timeline ??= filled(FEW)
  if (life.timeline[SENT] === 0) life.timeline[SENT] = sinceOpening(life) + 1
}

/** A pong that may be the answer has come. */
export function ponged(life: Life): void {
  const { timeline } = life
  const sent = timeline?.[SENT] ?? 0
  if (timeline === null || sent === 0) return
  const tookMs = Math.max(0, sinceOpening(life) - (sent - 1))
  timeline[SENT] = 0
  timeline[ANSWERED] = at(timeline, ANSWERED) + 1
  timeline[LAST] = tookMs
  timeline[WORST] = Math.max(at(timeline, WORST), tookMs)
  life.context.traffic?.pings.add(tookMs / 1_000)
}

export function sinceOpening({ context, connection }: Life): number {
  return Math.min(Math.max(0, Math.round(context.wallNow() - connection.openedAt)), MS_MAX - 1)
}

/** The same with one more entry: in place, or, when it has to grow, as a new array. @param look kind and detail */
function withEntry(timeline: Timeline | null, look: number, ms: number): Timeline {
  let all = timeline ?? filled(FEW)
  let end = all.indexOf(0, HEAD)
  if (end === -1) {
    end = all.length
    if (end < MOST) all = grown(all)
    else end = leaveOut(all)
  }
  all[end] = ms * LOOKS + look
  fold(all, end)
  return all
}

/** If the last entries say the same three times, by themselves or as a pattern, the second time is only counted. */
function fold(all: Timeline, last: number): void {
  for (let period = 1; period <= PERIOD_MAX && last - 2 * period >= HEAD; period++) {
    if (!repeats(all, last, period)) continue
    const second = at(all, last - period)
    const again = Math.min(AGAIN_MAX, Math.floor(second / LOOKS / MS_MAX) + 1)
    all[last - period] = at(all, last) + again * MS_MAX * LOOKS
    all.fill(0, last - period + 1, last + 1)
    return
  }
}

function repeats(all: Timeline, last: number, period: number): boolean {
  for (let index = last; index >= last - period; index--) {
    if (at(all, index) % LOOKS !== at(all, index - period) % LOOKS) return false
  }
  return true
}

/** Makes room for one; returns where. */
function leaveOut(all: Timeline): number {
  const place = HEAD + KEPT
  const gap = at(all, place)
  const missing = gap % LOOKS === NUMBERS['left out'] ? Math.floor(gap / LOOKS) + 1 : 2
  all[place] = Math.min(missing, MS_MAX - 1) * LOOKS + NUMBERS['left out']
  all.copyWithin(place + 1, place + 2)
  all[MOST - 1] = 0
  return MOST - 1
}

function grown(all: Timeline): Timeline {
  const bigger = filled(MOST)
  for (let index = 0; index < all.length; index++) bigger[index] = at(all, index)
  return bigger
}

/** Of exactly this length: an array that is pushed to takes more than it needs. */
function filled(length: number): Timeline {
  return new Array<number>(length).fill(0)
}

function at(all: readonly number[], index: number): number {
  return all[index] as number
}

/** What it says, oldest first. What another version of this library has noted, and this one does not know, is `unknown`. */
export function entriesOf(timeline: readonly number[] | null): TimelineEntry[] {
  return (timeline ?? []).slice(HEAD).filter(Boolean).map(entryOf)
}

function entryOf(entry: number): TimelineEntry {
  const rest = Math.floor(entry / LOOKS)
  const atMs = rest % MS_MAX
  const again = Math.floor(rest / MS_MAX)
  const what = KIND_NAMES[(entry % 32) - 1]
  if (what === undefined) return { atMs, what: 'unknown' }
  if (what === 'left out') return { atMs: null, what, entries: atMs }
  const detail = (KINDS[what] as readonly string[])[Math.floor(entry / 32) % 8]
  return { atMs, what, ...(detail !== undefined && { detail }), ...(again > 0 && { again }) }
}

/** Null when there was none. @param nowMs since the opening */
export function pingsOf(timeline: readonly number[] | null, nowMs: number): PingFigures | null {
  if (timeline === null || (at(timeline, SENT) === 0 && at(timeline, ANSWERED) === 0)) return null
  const sent = at(timeline, SENT)
  return {
    ...{ answered: at(timeline, ANSWERED), lastMs: at(timeline, LAST), worstMs: at(timeline, WORST) },
    unansweredMs: sent === 0 ? null : Math.max(0, nowMs - (sent - 1)),
  }
}
