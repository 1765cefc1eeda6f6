/** What a supervisor says of itself and its workers. Plain data, and how it is made. */
import type { KeptAutopsy } from './autopsy-report.ts'
import type { ForkedWorker, WorkerState } from './forked-worker.ts'
import type { ListeningAddress } from './raw-handles.ts'
import type { ReloadReport } from './reload-report.ts'

export type SupervisorState = 'starting' | 'serving' | 'reloading' | 'draining' | 'ended'

export interface WorkerStatus {
  readonly slot: number
  readonly pid: number
  readonly generation: number
  readonly state: WorkerState
  /** How long it has been in this state. */
  readonly stateMs: number
  readonly ageMs: number
  readonly connections: number
  readonly rooms: number
  readonly rssBytes: number
  readonly heapUsedBytes: number
  readonly heapLimitBytes: number
}

export interface RolloutStatus {
  readonly state: SupervisorState
  readonly pid: number
  readonly uptimeMs: number
  readonly rssBytes: number
  readonly listening: ListeningAddress | null
  /** The version that is started now, and its file. */
  readonly generation: number
  readonly file: string
  readonly connections: number
  readonly workers: readonly WorkerStatus[]
  /** Slots in which nobody is started any more, and why. */
  readonly givenUp: readonly { readonly slot: number; readonly reason: string }[]
  readonly reloads: number
  readonly reloadsFailed: number
  readonly lastReload: ReloadReport | { readonly generation: number; readonly reason: string } | null
  readonly recycles: number
  readonly crashes: number
  /** What was left in the last workers that were replaced, latest first; at most ten. */
  readonly autopsies: readonly KeptAutopsy[]
  /** Counters of all ledgers, those of workers that have gone included: they only grow. */
  readonly totals: Readonly<Record<string, number>>
}

/** Where a worker can be asked. */
export interface WorkerPlace {
  readonly name: string
  readonly slot: number
  /** Is it the one that serves in its slot? Another may be on its way in or out. */
  readonly serves: boolean
  /** Its Unix socket; null: it answers nobody. */
  readonly adminPath: string | null
}

export function placeOf({ name, slot, adminPath, state }: ForkedWorker, isOfSlot: boolean): WorkerPlace {
  // Before it is ready nobody may answer there.
  return { name, slot, serves: isOfSlot, adminPath: state === 'starting' ? null : adminPath }
}

export function workerStatus(worker: ForkedWorker, now: number): WorkerStatus {
  const { slot, pid, generation, state, figures } = worker
  return {
    ...{ slot, pid, state, generation: generation.number },
    ...{ stateMs: now - worker.since, ageMs: now - worker.startedAt },
    ...{ connections: figures?.connections ?? 0, rooms: figures?.rooms ?? 0, rssBytes: figures?.rssBytes ?? 0 },
    ...{ heapUsedBytes: figures?.heapUsedBytes ?? 0, heapLimitBytes: figures?.heapLimitBytes ?? 0 },
  }
}

/** Adds the counters of one ledger to others. */
export function addCounters(totals: Record<string, number>, counters: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counters)) totals[name] = (totals[name] ?? 0) + count
}
