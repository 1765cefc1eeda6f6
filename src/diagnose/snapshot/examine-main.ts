/**
 * The entry of a process that examines snapshots: takes one request, answers it, and is ended by whoever asked. Ends by
 * itself when that one has gone.
 */
import { writeFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { setPriority } from 'node:os'
import { messageOf } from '../../base/errors.ts'
import type { Causes, Growing } from './cause.ts'
import { causes } from './causes.ts'
import type { ExamineRequest, ExamineWord } from './examine-words.ts'
import { growth } from './growth.ts'
import { InvalidSnapshot } from './invalid-snapshot.ts'
import { readSnapshot } from './read-snapshot.ts'
import type { Snapshot } from './snapshot.ts'

const PRIORITY = 10
/** Of the way: how often it is told. */
const PROGRESS_PARTS = 100

if (process.send === undefined) throw new Error('this file is started by examine(), not by itself')

process.on('disconnect', () => process.exit(0))
process.once('message', (request: ExamineRequest) => {
  giveWay()
  examined(request).then(
    (result) => say({ kind: 'done', result }),
    (error: unknown) => {
      if (error instanceof InvalidSnapshot)
        say({ kind: 'invalid', seen: error.seen, offset: error.offset, wanted: error.wanted })
      else say({ kind: 'failed', reason: messageOf(error) })
    },
  )
})

function say(word: ExamineWord): void {
  if (process.connected) process.send?.(word)
}

/** Others come first, for the processor and when memory runs out. Where neither can be said, it runs as it is. */
function giveWay(): void {
  try {
    setPriority(PRIORITY)
    writeFileSync('/proc/self/oom_score_adj', '1000')
  } catch {
    // Another platform.
  }
}

async function examined(request: ExamineRequest): Promise<Causes | readonly Growing[]> {
  if (request.kind === 'causes') {
    const [snapshot] = (await readAll([request.file])) as [Snapshot]
    return causes(snapshot, request.targets, request.options)
  }
  const [a, b, c] = (await readAll(request.files)) as [Snapshot, Snapshot, Snapshot]
  return growth(a, b, c, request.options)
}

async function readAll(files: readonly string[]): Promise<Snapshot[]> {
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size))
  const of = sizes.reduce((sum, size) => sum + size, 0)
  const snapshots: Snapshot[] = []
  let before = 0
  let told = -1
  for (const [index, file] of files.entries()) {
    const progress = (bytes: number) => {
      const part = Math.floor(((before + bytes) / of) * PROGRESS_PARTS)
      if (part === told) return
      told = part
      say({ kind: 'progress', progress: { part: 'reading', done: before + bytes, of } })
    }
    snapshots.push(await readSnapshot(file, { progress }))
    before += sizes[index] ?? 0
  }
  say({ kind: 'progress', progress: { part: 'searching', done: 0, of: 0 } })
  return snapshots
}
