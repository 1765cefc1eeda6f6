/**
 * Looks once a second whether a supervisor is ready, as `/readyz` says it, and announces it when that has changed: as its events `notReady` and
 * `ready`. Of its start and its end other events tell.
 *
 * Owned by whoever made it. Ends with `end()`, or when the supervisor has ended; no timer is left then.
 */
import type { Clock, ClockTimer } from '../../base/clock.ts'
import type { Supervisor } from '../../rollout/supervisor.ts'
import { inWords } from './health.ts'
import { supervisorHealth } from './supervisor-health.ts'

const LOOK_MS = 1_000

/** Of a supervisor, what is asked. */
export type WatchedSupervisor = Pick<Supervisor, 'events' | 'ready' | 'status'>

export class ReadyWatch {
  readonly #supervisor: WatchedSupervisor
  readonly #clock: Clock
  readonly #off: () => void
  #timer: ClockTimer
  /** Null: it was ready, or nothing was said of it. */
  #since: number | null = null

  constructor(supervisor: WatchedSupervisor, clock: Clock) {
    this.#supervisor = supervisor
    this.#clock = clock
    this.#timer = clock.after(LOOK_MS, this.#onDue)
    this.#off = supervisor.events.on('ended', () => this.end())
  }

  end(): void {
    this.#off()
    this.#timer.cancel()
  }

  readonly #onDue = (): void => {
    this.#timer = this.#clock.after(LOOK_MS, this.#onDue)
    this.#look()
  }

  #look(): void {
    const { events } = this.#supervisor
    const { state } = this.#supervisor.status()
    if (state !== 'serving' && state !== 'reloading') return
    const { ok, reasons } = supervisorHealth(this.#supervisor).ready()
    if (!ok && this.#since === null) {
      this.#since = this.#clock.now()
      events.emit('notReady', { reasons: reasons.map(inWords) })
    } else if (ok && this.#since !== null) {
      const notReadyMs = this.#clock.now() - this.#since
      this.#since = null
      events.emit('ready', { notReadyMs })
    }
  }
}
