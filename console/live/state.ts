/** What the page knows, as one value, and how each thing that happens changes it. Pure. */
import type { Hello, Look, MemoryAccounts, Point, Told } from '../../src/ops/live/wire.ts'
import { type Durations, durationsOf } from './durations.ts'

/**
 * `connecting`: not there yet. `waiting`: connected, no look so far. `live`. `stale`: connected, but nothing has come for a while. `gone`: the
 * server does not answer; it is tried again. `refused`: it answers, but does not let this page watch; it is tried again.
 */
export type Phase = 'connecting' | 'waiting' | 'live' | 'stale' | 'gone' | 'refused'

/** Where the memory was at one moment. */
export type MemoryMoment = MemoryAccounts & { readonly at: number }

export interface State {
  readonly phase: Phase
  /** Of this phase: milliseconds since 1970, by the clock of the page. When stale, since nothing has come. */
  readonly since: number
  /** When gone or refused: of the next try. */
  readonly retryAt: number | null
  readonly hello: Hello | null
  readonly look: Look | null
  /** Oldest first, of the last POINTS_MS; at most POINTS_MAX. */
  readonly points: readonly Point[]
  /** A moment a minute of the last hour, oldest first; at most HOUR_MAX. */
  readonly hour: readonly MemoryMoment[]
  /** How often handlers have taken how long, at each of the last looks, oldest first; at most DURATIONS_MAX. */
  readonly durations: readonly Durations[]
}

/** A quarter of an hour. */
const POINTS_MS = 900_000
const POINTS_MAX = 900
const MINUTE_MS = 60_000
const HOUR_MAX = 61
/** A minute. */
const DURATIONS_MAX = 61

export function beginning(now: number): State {
  return {
    ...{ phase: 'connecting', since: now, retryAt: null, hello: null, look: null },
    ...{ points: [], hour: [], durations: [] },
  }
}

export function afterMessage(state: State, told: Told, now: number): State {
  if (told.kind === 'hello') {
    const first = told.points[0]?.at ?? Number.POSITIVE_INFINITY
    const points = recent([...state.points.filter(({ at }) => at < first), ...told.points])
    const phase = state.look === null ? 'waiting' : 'live'
    return { ...inPhase(state, phase, now), hello: told, points, hour: told.lastHour, retryAt: null }
  }
  // The first one may be in the hello already; and the clock of the server may have been set back.
  const points = recent([...state.points.filter(({ at }) => at < told.point.at), told.point])
  const minute = state.durations.filter(({ at }) => at < told.point.at && at >= told.point.at - MINUTE_MS)
  const durations = [...minute, durationsOf(told)].slice(-DURATIONS_MAX)
  const hour = withMinute(state.hour, told.point)
  return { ...inPhase(state, 'live', now), look: told, points, hour, durations, retryAt: null }
}

/** Nothing has come since then. */
export function afterSilence(state: State, since: number): State {
  return state.phase === 'live' || state.phase === 'waiting' ? { ...state, phase: 'stale', since } : state
}

export function afterLoss(state: State, phase: 'gone' | 'refused', now: number, retryAt: number): State {
  return { ...inPhase(state, phase, now), retryAt }
}

function recent(points: readonly Point[]): Point[] {
  const last = points.at(-1)?.at ?? 0
  return points.filter(({ at }) => at > last - POINTS_MS).slice(-POINTS_MAX)
}

/** What is seen while the page is open, beside what the server had kept before. */
function withMinute(hour: readonly MemoryMoment[], { at, accounts }: Point): readonly MemoryMoment[] {
  if (accounts === null) return hour
  const before = hour.filter((moment) => moment.at < at)
  const isDue = at - (before.at(-1)?.at ?? 0) >= MINUTE_MS
  return isDue ? [...before, { ...accounts, at }].slice(-HOUR_MAX) : hour
}

function inPhase(state: State, phase: Phase, now: number): State {
  return state.phase === phase ? state : { ...state, phase, since: now }
}
