/** Snapshots that somebody has taken, as files: in which order that was, and what is said of a file that is none. Functions; nothing stays. */
import { closeSync, openSync, readSync } from 'node:fs'
import { messageOf } from '../base/errors.ts'
import { InvalidSnapshot } from '../diagnose/snapshot/invalid-snapshot.ts'
import type { Snapshot } from '../diagnose/snapshot/snapshot.ts'
import { UsageError } from './flags.ts'

const BEGINNING_BYTES = 64

/** Oldest first: V8 numbers the objects of a process upwards, so the largest number of a later snapshot is larger. */
export function asTaken(snapshots: readonly Snapshot[]): Snapshot[] {
  return snapshots
    .map((snapshot) => ({ snapshot, last: lastNumber(snapshot) }))
    .sort((a, b) => a.last - b.last)
    .map(({ snapshot }) => snapshot)
}

function lastNumber({ graph: { nodeId } }: Snapshot): number {
  let last = 0
  // Even ones are of what is not in the heap of V8, and not counted.
  for (const id of nodeId) if ((id & 1) === 1 && id > last) last = id
  return last
}

/** What is thrown instead of what reading it threw. */
export function unreadable(path: string, thrown: unknown): unknown {
  const { code = '' } = thrown as NodeJS.ErrnoException
  if (thrown instanceof InvalidSnapshot) {
    if (beginsAsSnapshot(path)) return thrown
    const todo = 'make one with v8.writeHeapSnapshot() or holdfast doctor PID --keep FOLDER'
    return new UsageError(`${path}: this is no heap snapshot; ${todo}`)
  }
  if (!/^E[A-Z]+$/.test(code)) return thrown
  const isAddress = /^wss?:\/\/|^[^/]+:\d+$/.test(path)
  const isName = code === 'ENOENT' && (isAddress || !/[./]/.test(path))
  const hint = isName
    ? `; of a ${isAddress ? 'server give the number of its process' : 'process give the number'} (pgrep -a node)`
    : ''
  return new UsageError(`${path}: ${WORDS[code] ?? messageOf(thrown)}${hint}`)
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EISDIR: 'a folder; give the files in it',
  EACCES: 'you may not read it',
}

function beginsAsSnapshot(path: string): boolean {
  const beginning = Buffer.alloc(BEGINNING_BYTES)
  const file = openSync(path, 'r')
  try {
    const length = readSync(file, beginning)
    return /^\s*\{\s*"snapshot"/.test(beginning.toString('latin1', 0, length))
  } finally {
    closeSync(file)
  }
}
