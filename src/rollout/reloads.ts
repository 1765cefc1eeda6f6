/**
 * Reloads and recycles: workers are replaced one after the other, and only one reload or recycle goes on at a time.
 *
 * Owned by the supervisor. A reload ends when all workers are replaced, when one could not be, or when the supervisor is told
 * to stop; then the workers that are left go on as before.
 */
import type { Clock } from '../base/clock.ts'
import { HoldfastError, messageOf } from '../base/errors.ts'
import type { Events } from '../base/events.ts'
import type { Word } from './control.ts'
import type { ForkedWorker } from './forked-worker.ts'
import type { Generation } from './generation.ts'
import { type HandoverContext, handOver } from './handover.ts'
import { Recycle } from './recycle.ts'
import { addUp, type ReloadReport, type SlotReport } from './reload-report.ts'
import type { ReloadProgress, RolloutEvents } from './rollout-events.ts'
import type { RolloutOptions } from './rollout-options.ts'
import type { RolloutStatus } from './rollout-status.ts'
import type { Slot } from './slot.ts'

export interface ReloadsInit {
  readonly options: RolloutOptions
  readonly clock: Clock
  readonly random: () => number
  readonly events: Events<RolloutEvents>
  readonly slots: readonly Slot[]
  readonly context: HandoverContext
  /** Aborts when the supervisor is told to stop. */
  readonly stop: AbortSignal
  /** The version that is served now. */
  current(): Generation
  /** @throws HoldfastError HF_APP_INVALID */
  find(number: number, nodeOptions: readonly string[]): Generation
  /** All workers have it. */
  reloadsOnDone(generation: Generation): void
}

type Kind = 'reload' | 'recycle'

export class Reloads {
  readonly #init: ReloadsInit
  readonly #recycle: Recycle
  #running: Kind | null = null
  #progress: ReloadProgress | null = null
  #last: RolloutStatus['lastReload'] = null
  #counts = { reloads: 0, reloadsFailed: 0, recycles: 0 }
  #generations = 1
  /** Another reload is wanted as soon as one can be. */
  #again = false

  constructor(init: ReloadsInit) {
    this.#init = init
    this.#recycle = new Recycle(init.options, init.random)
  }

  get running(): boolean {
    return this.#running !== null
  }

  get progress(): ReloadProgress | null {
    return this.#progress
  }

  get counts(): Pick<RolloutStatus, 'reloads' | 'reloadsFailed' | 'recycles' | 'lastReload'> {
    return { ...this.#counts, lastReload: this.#last }
  }

  /** @throws HoldfastError HF_ROLLOUT_BUSY, HF_RELOAD_FAILED */
  async reload(nodeOptions: readonly string[] | null): Promise<ReloadReport> {
    const { slots, find, current, events } = this.#init
    this.#begin('reload')
    const number = ++this.#generations
    const done: SlotReport[] = []
    try {
      const generation = find(number, nodeOptions ?? current().nodeOptions)
      const report = await this.#replace(generation, slots, done)
      this.#counts.reloads++
      this.#last = report
      this.#init.reloadsOnDone(generation)
      events.emit('reloaded', report)
      return report
    } catch (cause) {
      this.#counts.reloadsFailed++
      const reason = reasonOf(cause)
      this.#last = { generation: number, reason }
      events.emit('reloadFailed', { generation: number, reason })
      for (const slot of slots) slot.refill(current())
      const left =
        done.length === 0
          ? 'all workers go on as before'
          : `${done.length} of ${slots.length} workers have the new version, the others go on as before`
      throw new HoldfastError('HF_RELOAD_FAILED', { message: reason, left }, { cause })
    } finally {
      this.goOn()
    }
  }

  /** A reload as soon as nothing else goes on; several that wait are one. Events tell what came of it. */
  reloadSoon(): void {
    if (this.#running === null && this.#init.context.started) void this.reload(null).catch(() => {})
    else this.#again = true
  }

  /** Nothing goes on any more, or all workers serve for the first time. */
  goOn(): void {
    this.#running = this.#progress = null
    if (!this.#again || this.#init.stop.aborted) return
    this.#again = false
    this.reloadSoon()
  }

  /** Is a worker due to be recycled? To be asked once a second. */
  look(workers: readonly ForkedWorker[]): void {
    const { clock, stop, events, slots } = this.#init
    if (this.#running !== null || stop.aborted) return
    const due = this.#recycle.look(workers, clock.wallNow())
    const slot = due === null ? undefined : slots[due.worker.slot]
    if (due === null || slot === undefined || slot.worker !== due.worker) return
    const { pid, generation } = due.worker
    events.emit('recycle', { slot: slot.number, pid, reason: due.reason })
    void this.#recycleSlot(slot, generation)
  }

  /** Of a worker that moves its connections. */
  heard({ slot }: ForkedWorker, word: Word): void {
    if (word.kind !== 'moving' || this.#progress?.slot !== slot) return
    this.#tell({ moved: word.moved, total: word.total })
  }

  tell(phase: ReloadProgress['phase']): void {
    this.#tell({ phase })
  }

  async #recycleSlot(slot: Slot, generation: Generation): Promise<void> {
    const { events } = this.#init
    this.#begin('recycle')
    try {
      const report = await this.#replace(generation, [slot], [])
      this.#counts.recycles++
      events.emit('reloaded', report)
    } catch (thrown) {
      events.emit('reloadFailed', { generation: generation.number, reason: reasonOf(thrown) })
      slot.refill(generation)
    } finally {
      this.goOn()
    }
  }

  /** @param done those that were replaced, as they are */
  async #replace(generation: Generation, slots: readonly Slot[], done: SlotReport[]): Promise<ReloadReport> {
    const { clock, stop, context } = this.#init
    const startedAt = clock.now()
    for (const [index, slot] of slots.entries()) {
      if (stop.aborted) throw new Error('the supervisor was told to stop')
      this.#progress = {
        ...{ generation: generation.number, slot: slot.number, step: index + 1, steps: slots.length },
        ...{ phase: 'starting', moved: 0, total: slot.worker?.figures?.connections ?? 0 },
      }
      done.push(await handOver(slot, generation, context))
      this.#tell({ phase: 'done' })
    }
    return addUp(generation.number, done, Math.round(clock.now() - startedAt))
  }

  #begin(kind: Kind): void {
    if (this.#init.stop.aborted) throw new HoldfastError('HF_ROLLOUT_BUSY', { wanted: kind, running: 'drain' })
    if (!this.#init.context.started) throw new HoldfastError('HF_ROLLOUT_BUSY', { wanted: kind, running: 'start' })
    if (this.#running !== null) throw new HoldfastError('HF_ROLLOUT_BUSY', { wanted: kind, running: this.#running })
    this.#running = kind
  }

  #tell(change: Partial<ReloadProgress>): void {
    if (this.#progress === null) return
    this.#progress = { ...this.#progress, ...change }
    this.#init.events.emit('progress', this.#progress)
  }
}

/** Why it failed, without what is said around it. */
function reasonOf(thrown: unknown): string {
  const isWrapped = thrown instanceof HoldfastError && thrown.code === 'HF_WORKER_FAILED' && thrown.cause !== undefined
  return messageOf(isWrapped ? thrown.cause : thrown)
}
