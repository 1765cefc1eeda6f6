/** What whoever examines snapshots and the process that does it say to each other. Plain data. */
import type { Causes, Growing } from './cause.ts'
import type { CausesOptions, GrowthOptions, Targets } from './targets.ts'

export interface CausesRequest {
  readonly kind: 'causes'
  readonly file: string
  readonly targets: Targets
  readonly options?: Omit<CausesOptions, 'signal'>
}

export interface GrowthRequest {
  readonly kind: 'growth'
  /** Of one process, in the order in which they were taken. */
  readonly files: readonly [string, string, string]
  readonly options?: Omit<GrowthOptions, 'signal'>
}

export type ExamineRequest = CausesRequest | GrowthRequest

/** How far it is. While it searches, `done` and `of` are 0. */
export interface ExamineProgress {
  readonly part: 'reading' | 'searching'
  /** In bytes, of all files together. */
  readonly done: number
  readonly of: number
}

export type ExamineWord =
  | { readonly kind: 'progress'; readonly progress: ExamineProgress }
  | { readonly kind: 'done'; readonly result: Causes | readonly Growing[] }
  | { readonly kind: 'invalid'; readonly seen: string; readonly offset: number; readonly wanted: string }
  | { readonly kind: 'failed'; readonly reason: string }
