/** What whoever has a snapshot examined and the process that does it say to each other. Plain data. */
import type { Finding } from '../doctor/finding.ts'

export interface ExamineRequest {
  /** A path, or a descriptor of whoever asks; the process that does it has one of its own for it. */
  readonly file: string | number
  /** Paths of files are shown relative to it. */
  readonly folder: string
}

/** How far it is. While it searches, `done` and `of` are 0. */
export interface ExamineProgress {
  readonly part: 'reading' | 'searching'
  /** In bytes. */
  readonly done: number
  readonly of: number
}

export type ExamineWord =
  | { readonly kind: 'progress'; readonly progress: ExamineProgress }
  | { readonly kind: 'done'; readonly finding: Finding }
  | { readonly kind: 'invalid'; readonly seen: string; readonly offset: number; readonly wanted: string }
  | { readonly kind: 'failed'; readonly reason: string }
