/**
 * This process, examined: a snapshot of itself is written to a file, during which it stands still, and read in a process of its own. The file
 * is readable by nobody else, and is gone when it has been read. One at a time.
 *
 * A function; it ends with its promise, at the latest at its deadline, or when the signal says so.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { Session } from 'node:inspector'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeHeapSnapshot } from 'node:v8'
import type { Clock } from '../../base/clock.ts'
import { examine } from '../snapshot/examine.ts'
import type { Finding } from './finding.ts'

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
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-snapshot-'))
  try {
    const file = join(folder, 'self.heapsnapshot')
    const beganAt = clock.now()
    writeSnapshot(file)
    const pauseMs = Math.round(clock.now() - beganAt)
    const options = { clock, deadlineMs, ...(signal !== undefined && { signal }) }
    return { finding: await examine({ file, folder: process.cwd() }, options), pauseMs }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** V8 gives the file the mode 0600. */
function writeSnapshot(file: string): void {
  try {
    writeHeapSnapshot(file)
  } finally {
    // Whoever had a snapshot taken has objects made slower from then on, until this.
    const session = new Session()
    session.connect()
    session.post('HeapProfiler.enable')
    session.post('HeapProfiler.disable')
    session.disconnect()
  }
}
