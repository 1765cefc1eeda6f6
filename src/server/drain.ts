/**
 * A drain under way: every connection that is there gets its turn, spread over the window, and what is left at the deadline
 * is cut short. Until its turn a connection is served as before.
 *
 * Made by `server.drain()` and owned by the server: one in its life. Ends when the last connection has gone; then it holds no
 * timer, no connection and no listener. It never lets anybody in and never touches a socket: a turn is connection/drain-turn.ts.
 */
import type { Clock, ClockTimer } from '../base/clock.ts'
import { beginDrainTurn, cutShort, type DrainPhase, isBusy, type TurnFollower } from '../connection/drain-turn.ts'
import type { Life } from '../connection/life.ts'
import type { Hub } from '../hub/hub.ts'
import type { Ledger } from '../hub/ledger.ts'
import { drainEnding, ENDINGS, type Ending } from '../protocol/ending.ts'
import type { DrainSettings } from './drain-options.ts'
import { DrainPace, SLICE_MS } from './drain-pace.ts'
import { type DrainReport, DrainTally, type Outcome } from './drain-report.ts'

export interface DrainInit {
  readonly hub: Pick<Hub, 'lives' | 'size'>
  readonly ledger: Pick<Ledger, 'open' | 'draining'>
  readonly clock: Clock
  /** From 0 to below 1. */
  readonly random: () => number
  readonly settings: DrainSettings
  /** Told once, when it has ended. */
  drainOnEnd(report: DrainReport): void
}

export class Drain {
  /** Resolves when the last connection has gone; never rejects. */
  readonly report: Promise<DrainReport>
  readonly #init: DrainInit
  readonly #tally = new DrainTally()
  // Removed by: connectionOnGone().
  readonly #turns = new Map<Life, DrainTurn>()
  readonly #startAt: number
  readonly #pace: DrainPace
  /** Stands where the next turn is looked for; what is removed meanwhile it does not meet. */
  #next: Iterator<Life>
  #total = 0
  #resolve: (report: DrainReport) => void = () => {}
  #slice: ClockTimer | null = null
  #deadline: ClockTimer | null = null
  #deadlineAt: number
  #hold: ClockTimer | null = null
  /** Nobody waits for its turn any more. */
  #paceOver = false
  #forced = false
  #ended = false

  constructor(init: DrainInit) {
    const { clock, hub, settings } = init
    this.#init = init
    this.report = new Promise((resolve) => {
      this.#resolve = resolve
    })
    this.#startAt = clock.now()
    this.#deadlineAt = this.#startAt + settings.timeoutMs
    const windowMs = Math.min(settings.windowMs, settings.timeoutMs)
    const latestMs = windowMs + (settings.timeoutMs - windowMs) / 2
    this.#pace = new DrainPace({ startAt: this.#startAt, windowMs, latestMs })
    this.#next = hub.lives()
  }

  begin(): void {
    const { hub, clock, settings } = this.#init
    for (const life of hub.lives()) this.#tally.begin(life.route.path)
    this.#total = hub.size
    if (this.#total === 0) {
      this.#end()
      return
    }
    // What runs may have nothing else that keeps the process alive, and what follows drain() is still to run.
    this.#hold = clock.hold()
    this.#deadline = clock.after(settings.timeoutMs, this.#force)
    settings.signal?.addEventListener('abort', this.#force, { once: true })
    if (settings.signal?.aborted === true) this.#force()
    else this.#takeTurns()
  }

  /** The server closes meanwhile: all others have their turn now, with its ending, and no more than `withinMs`. */
  hasten(ending: Ending, withinMs: number): void {
    if (this.#ended || this.#forced) return
    this.#paceOver = true
    this.#slice?.cancel()
    const { clock, hub } = this.#init
    const leftMs = Math.min(this.#deadlineAt - clock.now(), withinMs)
    this.#deadlineAt = clock.now() + leftMs
    this.#deadline?.cancel()
    this.#deadline = clock.after(leftMs, this.#force)
    for (const life of hub.lives()) this.#takeTurn(life, ending, false)
  }

  /** A connection has been removed from the hub: closed, or moved. */
  connectionOnGone(life: Life): void {
    if (this.#ended) return
    const { hub, clock } = this.#init
    const turn = this.#turns.get(life)
    this.#turns.delete(life)
    this.#tally.end(life.route.path, this.#outcomeOf(life, turn))
    if (turn !== undefined) {
      const { ms, phase } = turn.longest(clock.now())
      const why = phase === 'handlers' ? `handler ${life.inbox.work.handler}` : phase
      this.#tally.took({ id: life.connection.id, route: life.route.path, ms: Math.round(ms), why })
    }
    if (hub.size === 0) this.#end()
  }

  #outcomeOf({ state, inbox, route }: Life, turn: DrainTurn | undefined): Outcome {
    const name: string = state.name
    if (name === 'moved') return 'moved'
    if (state.name !== 'closed' || turn === undefined) return 'gone'
    if (turn.forced) return 'forced'
    const { ending } = state
    if (turn.phase === 'closing') return 'finished'
    if (ending.by !== 'server') return 'gone'
    // It has ended in the middle of its turn: by handlerTimeoutMs, or because its handlers have ended it.
    const overdue = ending.reason === ENDINGS.handlerOverdue.reason || ending.reason === turn.ending.reason
    if (!overdue) return 'finished'
    const { handler, since } = inbox.work
    this.#tally.force(route.path, 'handler', handler, turn.wheelAge(since))
    return 'forced'
  }

  readonly #takeTurns = (): void => {
    const { clock, ledger } = this.#init
    this.#slice = null
    let due = this.#pace.due(clock.now(), ledger.open)
    // One that ends runs user code, which may end or hasten the drain.
    while (due-- > 0 && !this.#paceOver) {
      const life = this.#nextOpen()
      if (life === null) break
      this.#takeTurn(life, this.#ending(0), true)
    }
    if (!this.#paceOver) this.#slice = clock.after(SLICE_MS, this.#takeTurns)
  }

  /** The next that is open; null when there is none. One that was moving may be open again behind us. */
  #nextOpen(): Life | null {
    for (let round = 0; round < 2; round++) {
      for (let step = this.#next.next(); step.done !== true; step = this.#next.next()) {
        if (step.value.state.name === 'open') return step.value
      }
      this.#next = this.#init.hub.lives()
    }
    return null
  }

  #takeTurn(life: Life, ending: Ending, farewell: boolean): void {
    if (life.state.name !== 'open') return
    const turn = new DrainTurn(this.#init.clock, life.context.wheel, ending)
    this.#turns.set(life, turn)
    const leftMs = Math.max(0, this.#deadlineAt - this.#init.clock.now())
    // A little later than ours, which says why.
    beginDrainTurn(life, ending, leftMs + life.options.closeTimeoutMs, farewell, turn)
  }

  /** The deadline, or the signal: nobody is waited for any more. */
  readonly #force = (): void => {
    if (this.#forced || this.#ended) return
    this.#forced = true
    this.#stop()
    const { ledger, hub, settings, clock } = this.#init
    // As many as are ended now come back over as much of the window as would have been theirs.
    const spreadMs = (settings.windowMs * (ledger.open + ledger.draining)) / this.#total
    for (const life of hub.lives()) {
      const { name } = life.state
      if (name !== 'open' && name !== 'draining') continue
      const ending = this.#ending(spreadMs)
      let turn = this.#turns.get(life)
      if (name === 'open') {
        turn = new DrainTurn(clock, life.context.wheel, ending)
        this.#turns.set(life, turn)
      }
      if (turn !== undefined && isBusy(life)) this.#note(life, turn)
      turn?.drainOnPhase('closing')
      cutShort(life, ending)
    }
  }

  /** It is cut short: because of what? */
  #note(life: Life, turn: DrainTurn): void {
    turn.forced = true
    const { inbox, usedScope } = life
    const route = life.route.path
    if (!inbox.idle) {
      const { handler, since } = inbox.work
      this.#tally.force(route, 'handler', handler, turn.wheelAge(since))
    } else if (usedScope !== null && usedScope.tasks > 0) {
      const task = usedScope.held().find(({ kind }) => kind === 'task')
      this.#tally.force(route, 'task', task?.name ?? 'in a fork of its scope', task?.ageMs ?? 0)
    } else this.#tally.force(route, 'outbox', 'its peer reads slowly', turn.phaseMs(this.#init.clock.now()))
  }

  #ending(spreadMs: number): Ending {
    const [min, max] = this.#init.settings.retryAfterMs
    return drainEnding(Math.floor(min + this.#init.random() * (max - min + spreadMs + 1)))
  }

  #stop(): void {
    this.#paceOver = true
    this.#slice?.cancel()
    this.#deadline?.cancel()
    this.#slice = this.#deadline = null
    this.#init.settings.signal?.removeEventListener('abort', this.#force)
  }

  #end(): void {
    this.#ended = true
    this.#stop()
    this.#hold?.cancel()
    this.#hold = null
    const report = this.#tally.report(Math.round(this.#init.clock.now() - this.#startAt))
    this.#init.drainOnEnd(report)
    this.#resolve(report)
  }
}

/** What is written down of one turn. */
class DrainTurn implements TurnFollower {
  phase: DrainPhase = 'handlers'
  forced = false
  readonly ending: Ending
  readonly #clock: Clock
  readonly #wheel: { readonly now: number }
  readonly #beganAt: number
  #phaseAt: number
  #longest: DrainPhase = 'handlers'
  #longestMs = 0

  constructor(clock: Clock, wheel: { readonly now: number }, ending: Ending) {
    this.#clock = clock
    this.#wheel = wheel
    this.ending = ending
    this.#beganAt = this.#phaseAt = clock.now()
  }

  drainOnPhase(phase: DrainPhase): void {
    this.#close(this.#clock.now())
    this.phase = phase
  }

  /** How old something is that began then by the wheel. */
  wheelAge(since: number): number {
    return Math.max(0, this.#wheel.now - since)
  }

  phaseMs(now: number): number {
    return now - this.#phaseAt
  }

  /** The whole turn, and the phase that took most of it. */
  longest(now: number): { readonly ms: number; readonly phase: DrainPhase } {
    this.#close(now)
    return { ms: now - this.#beganAt, phase: this.#longest }
  }

  #close(now: number): void {
    const ms = now - this.#phaseAt
    if (ms > this.#longestMs) {
      this.#longestMs = ms
      this.#longest = this.phase
    }
    this.#phaseAt = now
  }
}
