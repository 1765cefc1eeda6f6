/**
 * Where time comes from: the only file of the library that reads the clock or sets a timer.
 *
 * A `Clock` is passed in wherever time matters, so that a test can own it. `systemClock` has no state. A timer of `after`
 * never keeps the process alive by itself; each ends when it fires or is cancelled by whoever started it.
 */
import { AsyncResource } from 'node:async_hooks'

export interface Clock {
  /** Milliseconds that only ever grow; where they start says nothing. */
  now(): number
  /** Milliseconds since 1970, for people; it may jump. */
  wallNow(): number
  /** Calls `fn` once, not before `delayMs` milliseconds have passed. */
  after(delayMs: number, fn: () => void): ClockTimer
  /** Keeps the process alive until it is cancelled, and does nothing else. */
  hold(): ClockTimer
}

export interface ClockTimer {
  cancel(): void
}

/** As long as a timer can be: what counts is that there is one. */
const HOLD_INTERVAL_MS = 2 ** 31 - 1

/** Where no request is, unless this was loaded in one: Node has no other way to say that. */
const OUTSIDE = new AsyncResource('holdfast')

export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  after(delayMs, fn) {
    // A timer keeps what is in AsyncLocalStorage where it is set, and the wheel's is set again wherever it has just run: what one
    // request has there would be kept, and shown to everybody, for as long as anything waits.
    const timer = OUTSIDE.runInAsyncScope(setTimeout, undefined, fn, delayMs)
    timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
  hold() {
    const timer = OUTSIDE.runInAsyncScope(setInterval, undefined, () => {}, HOLD_INTERVAL_MS)
    return { cancel: () => clearInterval(timer) }
  },
}
