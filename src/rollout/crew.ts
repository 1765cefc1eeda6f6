/**
 * All workers there are, of whatever slot and version: forks them, introduces them to each other, gives them the listener, and
 * keeps the last counters of those that have gone.
 *
 * Owned by the supervisor. Ends with `end()`, when the last worker has gone: its folder of sockets is removed. A supervisor that is killed
 * leaves the folder to its workers.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { HoldfastError, messageOf } from '../base/errors.ts'
import type { Events } from '../base/events.ts'
import type { LogsPlan, Word } from './control.ts'
import { ForkedWorker, LANE_FD } from './forked-worker.ts'
import type { Generation } from './generation.ts'
import type { ListeningHandle } from './raw-handles.ts'
import type { LaneFrom } from './rollout-context.ts'
import type { RolloutEvents } from './rollout-events.ts'
import { addCounters } from './rollout-status.ts'
import type { DrainTimes } from './worker-drain.ts'
import { unmet } from './worker-figures.ts'

const LISTEN_MS = 10_000
/** What a mesh takes, without the names of a folder and a socket. */
const TEMPORARY_BYTES_MAX = 70

export interface CrewInit {
  readonly clock: Clock
  readonly events: Events<RolloutEvents>
  readonly startTimeoutMs: number
  /** Of AdminPlan; null: workers answer nobody. */
  readonly adminModule: string | null
  /** Null: workers write no log. */
  readonly logs: LogsPlan | null
  readonly drain: DrainTimes
  crewOnWord(worker: ForkedWorker, word: Word): void
  crewOnGone(worker: ForkedWorker): void
}

/** The temporary folder; another one when the address of a Unix socket in it would be too long. */
function folderForSockets(): string {
  return Buffer.byteLength(tmpdir()) <= TEMPORARY_BYTES_MAX ? tmpdir() : '/tmp'
}

export class Crew {
  readonly #init: CrewInit
  readonly #folder = mkdtempSync(join(folderForSockets(), 'holdfast-'))
  // Removed by: the end of its process.
  readonly #workers = new Set<ForkedWorker>()
  readonly #departed: Record<string, number> = {}
  #handle: ListeningHandle | null = null
  #named = 0

  constructor(init: CrewInit) {
    this.#init = init
  }

  /** What new workers are to listen on. */
  listenOn(handle: ListeningHandle): void {
    this.#handle = handle
  }

  get workers(): ReadonlySet<ForkedWorker> {
    return this.#workers
  }

  /** A path in the folder of sockets that nobody else has. */
  socketPath(name: string): string {
    return join(this.#folder, `${name}-${++this.#named}.sock`)
  }

  /** Counters of all ledgers, those of workers that have gone included. */
  totals(): Record<string, number> {
    const totals = { ...this.#departed }
    for (const { figures } of this.#workers) if (figures !== null) addCounters(totals, figures.counters)
    return totals
  }

  fork(slot: number, generation: Generation, from: LaneFrom | null): ForkedWorker {
    // Names only grow, so that the newer of two always calls the older.
    const name = `w${String(++this.#named).padStart(9, '0')}`
    const { clock, adminModule, logs, drain } = this.#init
    const adminPath = adminModule === null ? null : join(this.#folder, `admin-${name}.sock`)
    const worker = new ForkedWorker({
      ...{ name, slot, generation, clock, lane: from?.lane ?? null, place: join(this.#folder, `${name}.sock`) },
      adminPath,
      workerOnWord: (one, word) => {
        if (word.kind === 'ready' || word.kind === 'listening') this.#announce(one, '')
        if (word.kind === 'figures') this.#tellFigures(one)
        this.#init.crewOnWord(one, word)
      },
      workerOnGone: (one) => this.#gone(one),
    })
    const peers = [...this.#workers].map(({ name, place }) => ({ name, path: place }))
    this.#workers.add(worker)
    this.#announce(worker, '')
    worker.order({
      ...{ kind: 'start', name, file: generation.app.path, place: worker.place, peers },
      ...{ drain, from: from === null ? null : { pid: from.pid, laneFd: LANE_FD } },
      logs: logs && { ...logs, who: { slot, version: generation.number } },
      admin: adminModule === null || adminPath === null ? null : { module: adminModule, path: adminPath },
    })
    return worker
  }

  /**
   * Waits until a worker is ready, and lets it listen.
   *
   * @throws HoldfastError HF_WORKER_FAILED; then it is gone
   */
  async serving(worker: ForkedWorker): Promise<void> {
    const ms = this.#init.startTimeoutMs
    try {
      await worker.hears('ready', ms, 'it was not ready')
      const listening = worker.hears('listening', LISTEN_MS, 'it did not listen')
      this.listen(worker)
      await listening
    } catch (thrown) {
      const missing = unmet(worker.figures?.notReady ?? [])
      const cause = new Error([messageOf(thrown), ...missing].join('; '), { cause: thrown })
      worker.kill(cause.message)
      const { reason } = await worker.gone
      const todo = 'its own output says more; the version before it goes on, if there is one'
      throw new HoldfastError('HF_WORKER_FAILED', { file: worker.generation.app.path, reason, ms, todo }, { cause })
    }
  }

  listen(worker: ForkedWorker): void {
    if (this.#handle !== null) worker.order({ kind: 'listen' }, this.#handle)
  }

  end(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #gone(worker: ForkedWorker): void {
    this.#workers.delete(worker)
    // One that was killed has left it.
    rmSync(worker.place, { force: true })
    if (worker.adminPath !== null) rmSync(worker.adminPath, { force: true })
    if (worker.figures !== null) addCounters(this.#departed, worker.figures.counters)
    for (const other of this.#workers) other.order({ kind: 'part', name: worker.name })
    this.#init.events.emit('gone', { name: worker.name, slot: worker.slot, counted: worker.counted })
    void worker.gone.then(({ reason }) => this.#announce(worker, reason))
    this.#init.crewOnGone(worker)
  }

  #tellFigures({ slot, pid, figures }: ForkedWorker): void {
    const { events } = this.#init
    if (events.wanted('figures')) events.emit('figures', { slot, pid, connections: figures?.connections ?? 0 })
  }

  #announce({ slot, pid, generation, state }: ForkedWorker, reason: string): void {
    const { events } = this.#init
    if (events.wanted('worker')) events.emit('worker', { slot, pid, generation: generation.number, state, reason })
  }
}
