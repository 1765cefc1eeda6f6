/**
 * The entry of a process that examines a snapshot: takes one request, answers it, and is ended by whoever asked. Ends by
 * itself when that one has gone.
 */
import { setPriority } from 'node:os'
import { messageOf } from '../../base/errors.ts'
import { examination } from '../doctor/examination.ts'
import type { Finding } from '../doctor/finding.ts'
import type { ExamineRequest, ExamineWord } from './examine-words.ts'
import { goesFirst } from './goes-first.ts'
import { InvalidSnapshot } from './invalid-snapshot.ts'
import { readSnapshot } from './read-snapshot.ts'

const PRIORITY = 10
/** Of the way: how often it is told. */
const PROGRESS_PARTS = 100

if (process.send === undefined) throw new Error('this file is started by examine(), not by itself')

process.on('disconnect', () => process.exit(0))
process.once('message', (request: ExamineRequest) => {
  giveWay()
  examined(request).then(
    (finding) => say({ kind: 'done', finding }),
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
  goesFirst()
  try {
    setPriority(PRIORITY)
  } catch {
    // It may not.
  }
}

async function examined({ file, folder }: ExamineRequest): Promise<Finding> {
  let told = -1
  const progress = (done: number, of: number) => {
    const part = Math.floor((done / of) * PROGRESS_PARTS)
    if (part === told) return
    told = part
    say({ kind: 'progress', progress: { part: 'reading', done, of } })
  }
  const snapshot = await readSnapshot(file, { progress })
  say({ kind: 'progress', progress: { part: 'searching', done: 0, of: 0 } })
  return examination([snapshot], { folder })
}
