/**
 * A heap snapshot of this process, in a file that has no name: everything the process has in memory is in it, passwords too, and whoever is
 * killed in the middle of it must leave nothing. So the file is unlinked before the first byte is in it, and the kernel takes it back
 * with the last process that has it open. `writeHeapSnapshot()` wants a path; the inspector gives the bytes as they come.
 *
 * Neither a pipe nor memory: the process stands still meanwhile and could not fill a pipe, and `getHeapSnapshot()` keeps V8's form of
 * the snapshot, some eight times the heap, until all of it has been read.
 *
 * The descriptor is owned by whoever asked, who closes it.
 */
import { randomUUID } from 'node:crypto'
import { closeSync, openSync, unlinkSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../base/clock.ts'

/** @throws what the file system or the inspector has to say */
export async function ownSnapshot(clock: Clock, deadlineMs: number): Promise<number> {
  const file = openUnnamed()
  try {
    await take(file, clock, deadlineMs)
    return file
  } catch (thrown) {
    closeSync(file)
    throw thrown
  }
}

/** Only between the two calls it has a name, and nothing in it. */
function openUnnamed(): number {
  const path = join(tmpdir(), `holdfast-snapshot-${randomUUID()}`)
  const file = openSync(path, 'wx+', 0o600)
  unlinkSync(path)
  return file
}

async function take(file: number, clock: Clock, deadlineMs: number): Promise<void> {
  const session = new Session()
  session.connect()
  // From Node 24 on it is taken in a turn of its own. Who waits is told when the session ends before that.
  const timer = clock.after(deadlineMs, () => session.disconnect())
  let failure: unknown = null
  session.on('HeapProfiler.addHeapSnapshotChunk', ({ params: { chunk } }) => {
    try {
      if (failure === null) writeFileSync(file, chunk)
    } catch (thrown) {
      failure = thrown
    }
  })
  try {
    await new Promise<void>((resolve, reject) => {
      session.post('HeapProfiler.takeHeapSnapshot', (error) => (error === null ? resolve() : reject(error)))
    })
    if (failure !== null) throw failure
  } finally {
    timer.cancel()
    session.disconnect()
    recover()
  }
}

/** Whoever had a snapshot taken has objects made slower from then on, until this. */
function recover(): void {
  const session = new Session()
  session.connect()
  session.post('HeapProfiler.enable')
  session.post('HeapProfiler.disable')
  session.disconnect()
}
