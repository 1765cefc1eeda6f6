/**
 * Where time comes from: the only file of the library that reads the clock or sets a timer.
 *
 * A `Clock` is passed in wherever time matters, so that a test can own it. `systemClock` has no state. A timer it starts
 * never keeps the process alive by itself and ends when it fires or is cancelled by whoever started it.
 */

export interface Clock {
  /** Milliseconds that only ever grow; where they start says nothing. */
  now(): number
  /** Calls `fn` once, not before `delayMs` milliseconds have passed. */
  after(delayMs: number, fn: () => void): ClockTimer
}

export interface ClockTimer {
  cancel(): void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, fn) {
    const timer = setTimeout(fn, delayMs)
    timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
}
