/**
 * The doctor at a Node process of this user, or at snapshots that somebody has taken. The inspector of the process is opened for it and
 * closed again, whatever happens; its snapshots are read as they come, and are on no disk unless they are to be kept.
 */
import { mkdirSync } from 'node:fs'
import { systemClock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import { pause } from '../diagnose/dial/waiting.ts'
import { examination } from '../diagnose/doctor/examination.ts'
import type { Finding } from '../diagnose/doctor/finding.ts'
import { recover, remoteHeapUsed, remoteSnapshot } from '../diagnose/doctor/remote-snapshot.ts'
import { fits, megabytes, readerCost, type SnapshotCost, snapshotCost } from '../diagnose/doctor/snapshot-cost.ts'
import { openInspector } from '../diagnose/inspect/open-inspector.ts'
import { goesFirst } from '../diagnose/snapshot/goes-first.ts'
import { readSnapshot } from '../diagnose/snapshot/read-snapshot.ts'
import type { Snapshot } from '../diagnose/snapshot/snapshot.ts'
import type { Terminal } from './command.ts'
import type { Case } from './doctor.ts'
import { agreed } from './doctor-consent.ts'
import { asTaken, unreadable } from './doctor-files.ts'
import { UsageError } from './flags.ts'
import { keeping, keptPath, requireFree } from './kept-snapshots.ts'

const ROUNDS = 3
const MIB = 2 ** 20
const RECOVER_MS = 10_000

export async function examineFiles(paths: readonly string[], { terminal, signal }: Case): Promise<Finding> {
  const snapshots: Snapshot[] = []
  for (const path of paths) {
    const progress = (bytes: number, ofBytes: number) => terminal.draw?.(`reading ${path}: ${share(bytes, ofBytes)}`)
    try {
      snapshots.push(await readSnapshot(path, { signal, progress }))
    } catch (thrown) {
      throw unreadable(path, thrown)
    }
  }
  const order = asTaken(snapshots)
  if (order.some((snapshot, at) => snapshot !== snapshots[at])) {
    const names = order.map((snapshot) => paths[snapshots.indexOf(snapshot)])
    terminal.draw?.('')
    terminal.note(`they were taken in another order, and are read in it: ${names.join(', ')}`)
  }
  return examineAll(order, process.cwd(), { terminal, signal })
}

/** @throws HoldfastError HF_PROCESS_UNFIT, HF_INSPECTOR_FAILED; UsageError when nobody agrees, or the memory is not there */
export async function examineProcess(pid: number, { given, terminal, signal }: Case): Promise<Finding> {
  const everyMs = given.duration('every')
  const keep = given.text('keep')
  if (keep !== undefined) {
    makeFolder(keep)
    requireFree(keep, pid, everyMs === undefined ? 1 : ROUNDS)
  }
  const rounds = everyMs === undefined ? null : () => pause(systemClock, everyMs, signal)
  return examineInRounds(pid, rounds, {
    ...{ keep, terminal, signal, next: `in ${(everyMs ?? 0) / 1_000} s` },
    agree: (cost, times) => agreed(`process ${pid}`, cost, times, { given, terminal, signal }),
  })
}

/** @throws UsageError */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (thrown) {
    throw new UsageError(`--keep ${path}: ${messageOf(thrown)}`)
  }
}

export interface RoundsOptions {
  /** Where to keep the snapshots. */
  readonly keep?: string | undefined
  readonly terminal: Terminal
  readonly signal: AbortSignal
  /** When the next snapshot is taken: `in 30 s`. */
  readonly next: string
  /** Rejects when it is not to be. */
  readonly agree: (cost: SnapshotCost, times: number) => Promise<void>
}

/** @param round what happens between two of three snapshots; null: one is enough */
export async function examineInRounds(
  pid: number,
  round: (() => Promise<void>) | null,
  { keep, terminal, signal, next, agree }: RoundsOptions,
): Promise<Finding> {
  // Its waits do not keep this process alive by themselves.
  const hold = systemClock.hold()
  // With three large snapshots in it, it may be what memory runs out by.
  goesFirst()
  try {
    const inspector = await openInspector(pid, systemClock, { signal, note: terminal.note })
    const { client } = inspector
    const snapshots: Snapshot[] = []
    let folder = ''
    try {
      folder = String(await client.evaluate('process.cwd()'))
      const count = round === null ? 1 : ROUNDS
      const cost = snapshotCost(await remoteHeapUsed(client), pid)
      requireRoom(cost, pid, count)
      await agree(cost, count)
      for (let number = 1; number <= count; number++) {
        if (number > 1) await round?.()
        signal.throwIfAborted()
        const of = count === 1 ? '' : ` ${number} of ${count}`
        const progress = (bytes: number) => terminal.draw?.(`snapshot${of}: ${Math.round(bytes / MIB)} MiB`)
        terminal.draw?.(`snapshot${of}: process ${pid} stands still`)
        const chunks = remoteSnapshot(client, signal)
        const kept = keep === undefined ? chunks : keeping(chunks, keptPath(keep, pid, number))
        snapshots.push(await readSnapshot(kept, { signal, progress }))
        if (count > 1) say(terminal, `snapshot ${number} of ${count} taken${number < count ? `; next ${next}` : ''}`)
      }
    } finally {
      const recovered = recover(client, RECOVER_MS)
      // Told to stop, nobody waits for that: the process does it before it closes its inspector.
      if (!signal.aborted) await recovered
      await inspector.end()
    }
    return await examineAll(snapshots, folder, { terminal, signal })
  } finally {
    hold.cancel()
  }
}

/** For the snapshots that are held here. @throws UsageError */
function requireRoom(cost: SnapshotCost, pid: number, times: number): void {
  const own = readerCost(cost, pid, times)
  if (fits(own)) return
  const [needed, left] = [megabytes(own.memoryBytes), megabytes(own.roomBytes ?? 0)]
  const what = `to read ${times === 1 ? 'a snapshot' : `${times} snapshots`} of process ${pid} takes up to ${needed} here`
  throw new UsageError(`${what}, and ${left} are left beside what it takes itself; nothing was done to it`)
}

async function examineAll(
  snapshots: readonly Snapshot[],
  folder: string,
  { terminal, signal }: Pick<Case, 'terminal' | 'signal'>,
) {
  terminal.draw?.('looking for what holds what')
  const [a, b, c] = snapshots
  if (a === undefined) throw new UsageError('there is no snapshot')
  return examination(b === undefined || c === undefined ? [a] : [a, b, c], { folder, signal })
}

/** Where nobody watches, a line is better than silence. */
function say({ draw, note }: Terminal, line: string): void {
  if (draw === null) note(line)
  else draw(line)
}

function share(bytes: number, ofBytes: number): string {
  return ofBytes === 0 ? `${Math.round(bytes / MIB)} MiB` : `${Math.round((bytes / ofBytes) * 100)} %`
}
