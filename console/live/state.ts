/** What the page knows, as one value, and how each thing that happens changes it. Pure. */
import type { Hello, Look, Point, Told } from '../../src/ops/live/wire.ts'
import { type Durations, durationsOf } from './durations.ts'

/**
 * `connecting`: not there yet. `waiting`: connected, no look so far. `live`. `stale`: connected, but nothing has come for a while. `gone`: the
 * server does not answer; it is tried again.
 */
export type Phase = 'connecting' | 'waiting' | 'live' | 'stale' | 'gone'

export interface State {
  readonly phase: Phase
  /** Of this phase: milliseconds since 1970. When stale, of the last look. */
  readonly since: number
  /** When gone: of the next try. */
  readonly retryAt: number | null
  readonly hello: Hello | null
  readonly look: Look | null
  /** Oldest first; at most POINTS_MAX. */
  readonly points: readonly Point[]
  /** How often handlers have taken how long, at each of the last looks, oldest first; at most DURATIONS_MAX. */
  readonly durations: readonly Durations[]
}

/** A quarter of an hour. */
const POINTS_MAX = 900
/** A minute. */
const DURATIONS_MAX = 61

export function beginning(now: number): State {
  return { phase: 'connecting', since: now, retryAt: null, hello: null, look: null, points: [], durations: [] }
}

export function afterMessage(state: State, told: Told, now: number): State {
  if (told.kind === 'hello') {
    const first = told.points[0]?.at ?? Number.POSITIVE_INFINITY
    const points = [...state.points.filter(({ at }) => at < first), ...told.points].slice(-POINTS_MAX)
    return { ...inPhase(state, state.look === null ? 'waiting' : 'live', now), hello: told, points, retryAt: null }
  }
  const last = state.points.at(-1)?.at ?? 0
  // The first one may be in the hello already.
  const points = told.point.at > last ? [...state.points, told.point].slice(-POINTS_MAX) : state.points
  const durations = [...state.durations, durationsOf(told)].slice(-DURATIONS_MAX)
  return { ...inPhase(state, 'live', now), look: told, points, durations, retryAt: null }
}

export function afterSilence(state: State): State {
  return state.phase === 'live' ? { ...state, phase: 'stale', since: state.look?.point.at ?? state.since } : state
}

export function afterLoss(state: State, now: number, retryAt: number): State {
  return { ...inPhase(state, 'gone', now), retryAt }
}

function inPhase(state: State, phase: Phase, now: number): State {
  return state.phase === phase ? state : { ...state, phase, since: now }
}
