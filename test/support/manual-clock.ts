/**
 * A clock that stands until a test moves it. Timers fire in the order they are due, each with the clock at its moment.
 * Ends with the test: it holds nothing but its pending timers.
 */
import type { Clock, ClockTimer } from '../../src/base/clock.ts'

interface Pending {
  readonly dueAt: number
  readonly fn: () => void
}

export class ManualClock implements Clock {
  #now: number
  #pending: Pending[] = []

  constructor(startsAt = 0) {
    this.#now = startsAt
  }

  wallNow(): number {
    return 1_700_000_000_000 + this.now()
  }

  now(): number {
    return this.#now
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#pending.length
  }

  after(delayMs: number, fn: () => void): ClockTimer {
    const pending = { dueAt: this.#now + Math.max(0, delayMs), fn }
    this.#pending.push(pending)
    return {
      cancel: () => {
        this.#pending = this.#pending.filter((other) => other !== pending)
      },
    }
  }

  hold(): ClockTimer {
    return { cancel: () => {} }
  }

  /** Lets `ms` pass as for a process that runs: every timer fires at its own moment. */
  advance(ms: number): void {
    const until = this.#now + ms
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#now = Math.max(this.#now, next.dueAt)
      this.#fire(next)
    }
    // A timer may have stuck the process beyond it.
    this.#now = Math.max(this.#now, until)
  }

  /** Lets `ms` pass as for a process that is stuck: nothing runs meanwhile. */
  stick(ms: number): void {
    this.#now += ms
  }

  #next(until: number): Pending | undefined {
    let first: Pending | undefined
    for (const pending of this.#pending) {
      if (pending.dueAt <= until && (first === undefined || pending.dueAt < first.dueAt)) first = pending
    }
    return first
  }

  #fire(pending: Pending): void {
    this.#pending = this.#pending.filter((other) => other !== pending)
    pending.fn()
  }
}
