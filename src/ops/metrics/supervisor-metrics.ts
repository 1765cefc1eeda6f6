/**
 * The figures of a supervisor: those of all workers as one, and its own.
 *
 * When it is asked it asks the workers, all at once and one round at a time. What each said last is remembered, so that a worker that does
 * not answer is in the sum as it was; when its process has gone, what it had counted until the end stays in the sum, by its own last words or,
 * when it could not say any, as it was asked last. So no sum falls, whatever happens to a worker.
 *
 * Owned by whoever opened the admin port. Ends with `end()`: it listens to nothing and runs no timer; questions under way end.
 */

import { Buckets } from '../../base/buckets.ts'
import type { Clock } from '../../base/clock.ts'
import type { ReloadReport } from '../../rollout/reload-report.ts'
import type { WorkerPlace } from '../../rollout/rollout-status.ts'
import type { Supervisor } from '../../rollout/supervisor.ts'
import { askWorker } from '../ask-worker.ts'
import { CloseCodes } from './close-codes.ts'
import { addUp, labelled, lasting, type MetricFigures, type MutableFigures, only, put, readFigures } from './figures.ts'
import { HANDOFF_SECONDS } from './metric-table.ts'
import { ProcessMetrics } from './process-metrics.ts'

/** Less than Prometheus waits. */
const ANSWER_MS = 3_000
const STATES = ['starting', 'ready', 'serving', 'moving', 'draining'] as const

/** Of a supervisor, what is asked. */
export type MeasuredSupervisor = Pick<Supervisor, 'events' | 'places' | 'status'>

export class SupervisorMetrics {
  readonly #supervisor: MeasuredSupervisor
  readonly #clock: Clock
  readonly #process: ProcessMetrics
  // Bounded by the workers. Removed by: the end of their process.
  readonly #last = new Map<string, MetricFigures>()
  // Bounded by the workers. Removed by: the answer.
  readonly #asked = new Map<string, Promise<void>>()
  /** What workers that have gone had counted. */
  #gone: MetricFigures = {}
  readonly #codes = new CloseCodes()
  #round: Promise<MetricFigures> | null = null
  readonly #handoffs = { complete: 0, partial: 0, failed: 0 }
  readonly #durations = new Buckets(HANDOFF_SECONDS)
  readonly #offs: readonly (() => void)[]
  readonly #stop = new AbortController()

  constructor(supervisor: MeasuredSupervisor, clock: Clock) {
    this.#supervisor = supervisor
    this.#clock = clock
    this.#process = new ProcessMetrics(clock)
    const { events } = supervisor
    this.#offs = [
      events.on('gone', ({ name, counted }) => this.#keep(name, counted)),
      events.on('reloaded', (report) => this.#handedOver(report)),
      events.on('reloadFailed', () => {
        this.#handoffs.failed++
      }),
    ]
  }

  /** All there is; whoever asks while it is being found out gets that. */
  figures(): Promise<MetricFigures> {
    this.#round ??= this.#find().finally(() => {
      this.#round = null
    })
    return this.#round
  }

  /** What workers that have gone had counted, of what only grows. */
  get gone(): MetricFigures {
    return this.#gone
  }

  end(): void {
    for (const off of this.#offs) off()
    this.#stop.abort(new Error('the admin port is closing'))
    this.#process.end()
  }

  async #find(): Promise<MetricFigures> {
    const own = this.#process.figures()
    const asked = this.#supervisor.places()
    const answers = await Promise.all(asked.map((place) => this.#ask(place)))
    // One that is leaving has closed its port at some moment.
    const silent = asked.filter(({ serves }, at) => serves && !answers[at]).length
    const ofWorkers = this.#supervisor.places().flatMap(({ name, slot, serves }) => {
      const last = this.#last.get(name)
      if (last === undefined) return []
      const ofServer = this.#codes.bounded(only(last, ({ of }) => of === 'server'))
      // Two of one slot would have the same label; and whoever comes is let in by the one that serves.
      if (!serves) return [{ ...ofServer, holdfast_connections_limit: [] }]
      return [ofServer, labelled(ofProcess(last), { worker: String(slot) })]
    })
    return addUp([this.#gone, ...ofWorkers, labelled(await own, { worker: 'supervisor' }), this.#ofSupervisor(silent)])
  }

  /**
   * It is waited for, but not for long. One that has not answered the last question yet is not asked another.
   *
   * @returns has it said how it is now, as far as anybody can be asked there?
   */
  async #ask({ name, adminPath }: WorkerPlace): Promise<boolean> {
    if (adminPath === null) return true
    if (this.#asked.has(name)) return false
    let isNew = false
    const either = new AbortController()
    const stop = (): void => either.abort(this.#stop.signal.reason)
    this.#stop.signal.addEventListener('abort', stop, { once: true })
    const answered = askWorker(adminPath, {
      ...{ method: 'GET', target: '/metrics?format=json', body: '', signal: either.signal },
    })
      .then(({ status, body }) => {
        const figures = status === 200 ? readFigures(JSON.parse(body.toString('utf8'))) : null
        // It may have gone meanwhile, and have said more.
        if (figures === null || !this.#isThere(name)) return
        this.#last.set(name, figures)
        isNew = true
      })
      // As it was, then.
      .catch(() => {})
      .finally(() => {
        this.#asked.delete(name)
        this.#stop.signal.removeEventListener('abort', stop)
      })
    this.#asked.set(name, answered)
    await new Promise<void>((resolve) => {
      const late = this.#clock.after(ANSWER_MS, resolve)
      void answered.then(() => {
        late.cancel()
        resolve()
      })
    })
    // One that has gone meanwhile is not silent.
    return isNew || !this.#isThere(name)
  }

  #isThere(name: string): boolean {
    return this.#supervisor.places().some((place) => place.name === name)
  }

  /** The process has ended. */
  #keep(name: string, counted: unknown): void {
    const figures = readFigures(counted) ?? this.#last.get(name)
    this.#last.delete(name)
    if (figures !== undefined) this.#gone = addUp([this.#gone, this.#codes.bounded(lasting(figures))])
  }

  #handedOver({ slots }: ReloadReport): void {
    for (const { move, problem } of slots) {
      if (move === null) continue
      const { durationMs, moved, total } = move
      this.#handoffs[problem === '' && moved === total ? 'complete' : 'partial']++
      this.#durations.add(durationMs / 1_000)
    }
  }

  #ofSupervisor(silent: number): MetricFigures {
    const figures: MutableFigures = {}
    const { workers, crashes, generation } = this.#supervisor.status()
    for (const state of STATES) {
      put(figures, 'holdfast_workers', workers.filter((worker) => worker.state === state).length, { state })
    }
    put(figures, 'holdfast_workers_silent', silent)
    put(figures, 'holdfast_worker_crashes_total', crashes)
    put(figures, 'holdfast_settings_version', generation)
    for (const [result, count] of Object.entries(this.#handoffs)) {
      put(figures, 'holdfast_handoffs_total', count, { result })
    }
    put(figures, 'holdfast_handoff_duration_seconds', this.#durations.figures())
    return figures
  }
}

function ofProcess(figures: MetricFigures): MetricFigures {
  return only(figures, ({ of }) => of === 'process')
}
