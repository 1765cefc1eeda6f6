/**
 * The supervisor: has the listening socket, starts the workers and starts them again, and replaces them one after the other when
 * there is a new version. It accepts no connection, holds nothing per connection, and runs no code of the app.
 *
 * Owned by whoever made it. Ends when the last worker has gone, after `drain()` or `kill()`, or when no worker can be started
 * any more; `ended` tells. If it is killed, its workers notice and end by themselves.
 */
import { type Clock, type ClockTimer, systemClock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import { Events } from '../base/events.ts'
import { readOptions } from '../base/options.ts'
import { findApp } from './app-file.ts'
import { Autopsies } from './autopsies.ts'
import type { Order } from './control.ts'
import { Crew } from './crew.ts'
import type { ForkedWorker } from './forked-worker.ts'
import type { Generation } from './generation.ts'
import type { HandoverContext } from './handover.ts'
import { claimPort, passedSockets, takePassed } from './port-claim.ts'
import { addressOf, type ListeningAddress, type ListeningHandle } from './raw-handles.ts'
import type { ReloadReport } from './reload-report.ts'
import { Reloads } from './reloads.ts'
import type { ReloadProgress, RolloutEvents } from './rollout-events.ts'
import { ROLLOUT_OPTIONS, type RolloutOptions, type RolloutOptionsInput } from './rollout-options.ts'
import { placeOf, type RolloutStatus, type SupervisorState, type WorkerPlace, workerStatus } from './rollout-status.ts'
import { Slot } from './slot.ts'
import type { SupervisorEnd, SupervisorSurroundings } from './supervisor-surroundings.ts'

const LOOK_MS = 1_000

export class Supervisor {
  readonly options: RolloutOptions
  readonly events: Events<RolloutEvents>
  /** Resolves when all workers have gone and nothing is held any more; never rejects. */
  readonly ended: Promise<SupervisorEnd>
  readonly #file: string
  readonly #clock: Clock
  readonly #surroundings: SupervisorSurroundings
  readonly #crew: Crew
  readonly #slots: readonly Slot[]
  readonly #reloads: Reloads
  readonly #autopsies: Autopsies
  readonly #hold: ClockTimer
  readonly #startedAt: number
  readonly #stop = new AbortController()
  #resolveEnded: (end: SupervisorEnd) => void = () => {}
  #state: SupervisorState = 'starting'
  #handle: ListeningHandle | null = null
  /** What is started when something has to be. */
  #current: Generation
  /** The one before it, to fall back on. */
  #before: Generation | null = null
  #look: ClockTimer | null = null
  #end: SupervisorEnd = { reason: 'all workers have finished', failed: false }

  /** @throws HoldfastError HF_APP_INVALID, HF_OPTION_UNKNOWN, HF_OPTION_INVALID */
  constructor(file: string, input: RolloutOptionsInput = {}, surroundings: SupervisorSurroundings = {}) {
    this.options = readOptions('run', ROLLOUT_OPTIONS, input)
    const { options } = this
    const { clock = systemClock, random = Math.random } = surroundings
    this.#file = file
    this.#surroundings = surroundings
    this.#clock = clock
    this.#current = this.#find(1, options.nodeOptions)
    this.#startedAt = clock.wallNow()
    const events = new Events<RolloutEvents>((event, thrown) => {
      process.emitWarning(`a listener for "${event}" threw: ${messageOf(thrown)}`, 'HoldfastWarning')
    })
    this.events = events
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve
    })
    this.#crew = new Crew({
      ...{ clock, events, startTimeoutMs: options.startTimeoutMs, adminModule: surroundings.adminModule ?? null },
      crewOnWord: (worker, word) => {
        this.#reloads.heard(worker, word)
        this.#autopsies.heard(worker, word)
      },
      crewOnGone: (worker) => this.#gone(worker),
    })
    const withinMs = surroundings.adminModule === undefined ? 0 : options.autopsyTimeoutMs
    this.#autopsies = new Autopsies({ clock, events, withinMs })
    const context = this.#makeContext(random)
    const slots = Array.from({ length: options.workers }, (_, number) => new Slot(number, context))
    this.#slots = slots
    this.#reloads = new Reloads({
      ...{ options, clock, random, events, slots, context, stop: this.#stop.signal },
      current: () => this.#current,
      find: (number, nodeOptions) => this.#find(number, nodeOptions),
      reloadsOnDone: (generation) => {
        this.#before = this.#current
        this.#current = generation
      },
    })
    this.#hold = clock.hold()
  }

  /**
   * Takes the port and starts the workers. Resolves when all of them serve, or it was told to stop meanwhile.
   *
   * @throws HoldfastError HF_PORT_IN_USE, HF_LISTEN_FAILED, HF_WORKER_FAILED: then it ends
   */
  async start(): Promise<void> {
    try {
      const handle = await this.#takePort()
      if (this.#stop.signal.aborted) handle.close()
      this.#stop.signal.throwIfAborted()
      this.#handle = handle
      this.#crew.listenOn(handle)
      await Promise.all(this.#slots.map((slot) => slot.launch(this.#current)))
    } catch (thrown) {
      if (this.#stop.signal.aborted) return
      this.#fail(messageOf(thrown))
      throw thrown
    }
    if (this.#stop.signal.aborted) return
    this.#state = 'serving'
    this.#lookLater()
    this.events.emit('started', { workers: this.options.workers, ...(this.address as ListeningAddress) })
    this.#reloads.goOn()
  }

  /** Null before it has a port, and when it has ended. */
  get address(): ListeningAddress | null {
    return this.#handle === null ? null : addressOf(this.#handle)
  }

  /** Does a worker take connections, and has nobody told it to stop? */
  get ready(): boolean {
    const serves = (worker: ForkedWorker | null): boolean => worker?.state === 'serving' || worker?.state === 'moving'
    return this.#state === 'serving' && this.#slots.some(({ worker, next }) => serves(worker) || serves(next))
  }

  /** Has it been told to stop? */
  get stopping(): boolean {
    return this.#stop.signal.aborted
  }

  /** Does a reload or a recycle go on? */
  get busy(): boolean {
    return this.#reloads.running
  }

  /** Where a reload or recycle is that goes on; null when none does. */
  get progress(): ReloadProgress | null {
    return this.#reloads.progress
  }

  /**
   * Replaces all workers by new ones, one after the other, with what the file is now. Connections move.
   *
   * @param nodeOptions other options for Node than so far
   * @throws HoldfastError HF_ROLLOUT_BUSY; HF_RELOAD_FAILED: workers not yet replaced go on as before
   */
  reload(nodeOptions: readonly string[] | null = null): Promise<ReloadReport> {
    return this.#reloads.reload(nodeOptions)
  }

  /** The same as soon as nothing else goes on; several that wait are one. Events tell what came of it. */
  reloadSoon(): void {
    this.#reloads.reloadSoon()
  }

  /** All workers drain, then it ends. A second call does nothing. */
  drain(): void {
    if (this.#stop.signal.aborted) return
    this.#stopStarting()
    this.events.emit('draining', { workers: this.#crew.workers.size })
    const drain: Order = { kind: 'drain', listening: true, retryAfterMs: null, autopsy: false }
    for (const worker of this.#crew.workers) worker.order(drain)
    this.#endWhenEmpty()
  }

  /** All workers end at once, then it does. */
  kill(): void {
    this.#stopStarting()
    for (const worker of this.#crew.workers) worker.kill('it was told to end at once')
    this.#endWhenEmpty()
  }

  /** The Unix sockets at which workers can be asked, by slot: of each the worker that serves there. */
  adminPaths(): ReadonlyMap<number, string> {
    const paths = this.#slots.map(({ number, worker }) => [number, worker?.adminPath ?? null] as const)
    return new Map(paths.filter((entry): entry is readonly [number, string] => entry[1] !== null))
  }

  /** All workers there are: the name of each, which no other ever has, and where it can be asked. */
  places(): WorkerPlace[] {
    return [...this.#crew.workers].map((worker) => placeOf(worker, this.#slots[worker.slot]?.worker === worker))
  }

  status(): RolloutStatus {
    const now = this.#clock.wallNow()
    const workers = [...this.#crew.workers].map((worker) => workerStatus(worker, now))
    return {
      ...{ state: this.#state === 'serving' && this.#reloads.running ? 'reloading' : this.#state, pid: process.pid },
      ...{ uptimeMs: now - this.#startedAt, rssBytes: process.memoryUsage.rss(), listening: this.address },
      ...{ generation: this.#current.number, file: this.#current.app.path },
      connections: workers.reduce((sum, { connections }) => sum + connections, 0),
      workers: workers.sort((a, b) => a.slot - b.slot || a.generation - b.generation),
      givenUp: this.#slots.flatMap(({ number, givenUp }) =>
        givenUp === null ? [] : { slot: number, reason: givenUp },
      ),
      ...this.#reloads.counts,
      crashes: this.#slots.reduce((sum, { crashCount }) => sum + crashCount, 0),
      autopsies: this.#autopsies.kept,
      totals: this.#crew.totals(),
    }
  }

  #makeContext(random: () => number): HandoverContext {
    const supervisor = this
    const crew = this.#crew
    return {
      ...{ options: this.options, clock: this.#clock, random, events: this.events },
      get started() {
        return supervisor.#state === 'serving'
      },
      fork: (slot, generation, from) => {
        // Nobody would tell it to drain.
        this.#stop.signal.throwIfAborted()
        return crew.fork(slot, generation, from)
      },
      serving: (worker) => crew.serving(worker),
      listen: (worker) => crew.listen(worker),
      socketPath: (name) => crew.socketPath(name),
      fallback: (bad) => this.#fallback(bad),
      slotOnGivenUp: (_, reason) => {
        if (this.#slots.every(({ givenUp }) => givenUp !== null))
          this.#fail(`every worker has crashed again and again: ${reason}`)
      },
      get autopsies() {
        return supervisor.#autopsies.wanted
      },
      handoverOnPhase: (phase) => this.#reloads.tell(phase),
    }
  }

  /** The version before, if its files are others: of those that were overwritten there is nothing to go back to. */
  #fallback(bad: Generation): Generation | null {
    const before = bad === this.#current ? this.#before : this.#current
    return before !== null && before.app.path !== bad.app.path ? before : null
  }

  #find(number: number, nodeOptions: readonly string[]): Generation {
    return { number, app: findApp(this.#file, this.#surroundings.cwd ?? process.cwd()), nodeOptions }
  }

  async #takePort(): Promise<ListeningHandle> {
    const { env = process.env, pid = process.pid } = this.#surroundings
    const { port, bindTimeoutMs: withinMs, host } = this.options
    const passed = passedSockets(env, pid)
    const claim = {
      ...{ host: host ?? undefined, port, withinMs, signal: this.#stop.signal },
      claimOnBusy: () => this.events.emit('portBusy', { port, withinMs }),
    }
    const handle = passed !== null ? takePassed(passed) : await claimPort(claim, this.#clock)
    this.events.emit('bound', { ...addressOf(handle), passed: passed !== null })
    return handle
  }

  #gone(worker: ForkedWorker): void {
    void this.#slots[worker.slot]?.gone(worker)
    this.#autopsies.gone(worker)
    this.#endWhenEmpty()
  }

  #lookLater(): void {
    this.#look = this.#clock.after(LOOK_MS, () => {
      this.#reloads.look([...this.#crew.workers])
      this.#lookLater()
    })
  }

  #fail(reason: string): void {
    if (!this.#stop.signal.aborted) this.#end = { reason, failed: true }
    this.kill()
  }

  #stopStarting(): void {
    this.#stop.abort(new Error('the supervisor was told to stop'))
    if (this.#state !== 'ended') this.#state = 'draining'
    this.#look?.cancel()
    this.#autopsies.end()
    for (const slot of this.#slots) slot.end()
  }

  #endWhenEmpty(): void {
    if (!this.#stop.signal.aborted || this.#crew.workers.size > 0 || this.#state === 'ended') return
    this.#state = 'ended'
    this.#handle?.close()
    this.#handle = null
    this.#crew.end()
    this.#hold.cancel()
    this.events.emit('ended', this.#end)
    this.#resolveEnded(this.#end)
  }
}
