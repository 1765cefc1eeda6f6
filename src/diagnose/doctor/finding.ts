/** What the doctor has found, as plain data: it travels between processes, and is what `--json` prints. Types; nothing to end. */
import type { Cause, Growing } from '../snapshot/cause.ts'

/**
 * `leak`: what is known to be over is held, or something grew by as much in each round. `suspect`: what looks as if it were over is held; one
 * snapshot cannot tell a leak from a cache with a bound. `nothing`: none of it was found.
 */
export type FindingVerdict = 'leak' | 'suspect' | 'nothing'

export interface ToldCause extends Cause {
  /** What to change in the code. */
  readonly advice: string
}

/** Objects of one kind that are over and held all the same. */
export interface HeldGroup {
  /** `connection`, `upgrade request`, the name of a class. */
  readonly kind: string
  readonly route: string
  /** `census`: Holdfast was told that they are over. `seen`: they look it. */
  readonly by: 'census' | 'seen'
  /** Of them, those that somebody holds. */
  readonly count: number
  /** How many there were in each of three snapshots, held or not; null when there was only one. */
  readonly counts: readonly [number, number, number] | null
  readonly causes: readonly ToldCause[]
  /** What holds them as well, so that they stay when the causes are mended. Of few groups it is looked for. */
  readonly also: readonly ToldCause[]
}

export interface ToldGrowing extends Growing {
  readonly cause: ToldCause
}

export interface Finding {
  readonly verdict: FindingVerdict
  /** One line for people. */
  readonly sentence: string
  /** Most first. */
  readonly held: readonly HeldGroup[]
  /** Null when there was only one snapshot. Most first. */
  readonly growing: readonly ToldGrowing[] | null
  readonly snapshot: {
    readonly nodes: number
    /** Of everything that is reached from the roots. */
    readonly bytes: number
  }
}

/** All causes, the first to be read first. */
export function causesOf({ growing, held }: Finding): readonly ToldCause[] {
  return [...(growing ?? []).map(({ cause }) => cause), ...held.flatMap(({ causes, also }) => [...causes, ...also])]
}
