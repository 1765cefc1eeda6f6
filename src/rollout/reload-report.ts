/** What a reload or a recycle has done. Plain data, and how it is added up. */
import type { DrainCounts, DrainReport } from '../server/drain-report.ts'
import type { MoveReport } from './move-report.ts'

/** One worker that was replaced. */
export interface SlotReport {
  readonly slot: number
  readonly oldPid: number | null
  readonly newPid: number
  /** Null when there was nobody to move, or the old worker died. */
  readonly move: MoveReport | null
  readonly drain: DrainReport | null
  /** What happened to the old worker, when it did not leave as it should; otherwise empty. */
  readonly problem: string
}

export interface ReloadReport {
  readonly generation: number
  readonly workers: number
  /** Connections that another worker has taken over. */
  readonly moved: number
  readonly movesPerSecond: number
  /** Left for the drain, by reason. */
  readonly stayed: Readonly<Record<string, number>>
  readonly unanswered: number
  /** What became of those that stayed. */
  readonly drained: DrainCounts
  readonly durationMs: number
  readonly slots: readonly SlotReport[]
}

export function addUp(generation: number, slots: readonly SlotReport[], durationMs: number): ReloadReport {
  const stayed: Record<string, number> = {}
  const drained = { total: 0, finished: 0, forced: 0, moved: 0, gone: 0 }
  let moved = 0
  let movingMs = 0
  let unanswered = 0
  for (const { move, drain } of slots) {
    moved += move?.moved ?? 0
    movingMs += move?.movingMs ?? 0
    unanswered += move?.unanswered ?? 0
    for (const [reason, count] of Object.entries(move?.stayed ?? {})) stayed[reason] = (stayed[reason] ?? 0) + count
    for (const name of ['total', 'finished', 'forced', 'moved', 'gone'] as const) drained[name] += drain?.[name] ?? 0
  }
  const movesPerSecond = movingMs === 0 ? 0 : Math.round((moved / movingMs) * 1_000)
  return { generation, workers: slots.length, moved, movesPerSecond, stayed, unanswered, drained, durationMs, slots }
}
