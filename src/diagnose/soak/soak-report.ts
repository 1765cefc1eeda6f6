/** What a soak has seen and says: plain data, printed as it is with --json. Types only. */
import type { GrownAt } from './memory-source.ts'
import type { SoakOptions } from './soak-options.ts'
import type { JudgedSeries, SoakVerdict } from './soak-verdict.ts'
import type { Leave } from './visitor.ts'

export interface SoakRound {
  /** From 1; 0 is the sample before the first connection. */
  readonly round: number
  /** Connections so far, this round included. */
  readonly connections: number
  /** Vanished connections that the server has not let go of. */
  readonly held: number
  /** Bytes, one for each series. */
  readonly samples: readonly number[]
  readonly isWarmup: boolean
  /** How long its connections took, from the first to the last. */
  readonly busyMs: number
}

export interface SoakReport {
  /** Without what lets somebody in. */
  readonly url: string
  /** The command that was given, without what lets somebody in; the empty string when there was none. */
  readonly command: string
  readonly source: string
  readonly date: string
  readonly durationMs: number
  readonly options: SoakOptions
  readonly leaves: readonly Leave[]
  readonly rounds: readonly SoakRound[]
  readonly series: readonly JudgedSeries[]
  readonly verdict: SoakVerdict
  readonly tried: number
  readonly opened: number
  readonly vanished: number
  /** What went wrong, and how often. */
  readonly problems: Readonly<Record<string, number>>
  /** Where what has come since the warm-up was allocated, as far as the source knows. */
  readonly grown: readonly GrownAt[]
  /** What has to be read beside the verdict, a sentence each. */
  readonly notes: readonly string[]
  /** What the doctor says, line by line; empty when nobody asked. */
  readonly why: readonly string[]
}

/** Told while it goes on. */
export type SoakProgress =
  | { readonly step: 'wave' | 'settle' | 'sample'; readonly round: number; readonly planned: number }
  | { readonly step: 'round'; readonly round: SoakRound; readonly planned: number; readonly problems: number }
  | { readonly step: 'extended'; readonly planned: number; readonly because: string }
  | { readonly step: 'vanished'; readonly held: number; readonly waitMs: number }
  | { readonly step: 'cooldown'; readonly waitMs: number }
  | { readonly step: 'why' }
