/**
 * This process, examined: a snapshot of itself is written to a file, during which it stands still, and read in a process of its own. The file
 * has no name (own-snapshot.ts): it is handed over open, and is gone when both have let go of it, however they end. One at a time.
 *
 * A function; it ends with its promise, at the latest at its deadline, or when the signal says so.
 */
import { closeSync } from 'node:fs'
import type { Clock } from '../../base/clock.ts'
import { examine } from '../snapshot/examine.ts'
import type { Finding } from './finding.ts'
import { ownSnapshot } from './own-snapshot.ts'

export interface SelfExaminationOptions {
  readonly clock: Clock
  readonly deadlineMs: number
  readonly signal?: AbortSignal
}

export interface SelfExamination {
  readonly finding: Finding
  /** How long this process stood still. */
  readonly pauseMs: number
}

/** @throws HoldfastError HF_EXAMINE_FAILED, HF_SNAPSHOT_INVALID; what the file system has to say; the reason of the signal */
export async function examineSelf({ clock, deadlineMs, signal }: SelfExaminationOptions): Promise<SelfExamination> {
  signal?.throwIfAborted()
  const beganAt = clock.now()
  const file = await ownSnapshot(clock, deadlineMs)
  try {
    const pauseMs = Math.round(clock.now() - beganAt)
    const options = { clock, deadlineMs: Math.max(1, deadlineMs - pauseMs), ...(signal !== undefined && { signal }) }
    return { finding: await examine({ file, folder: process.cwd() }, options), pauseMs }
  } finally {
    closeSync(file)
  }
}
