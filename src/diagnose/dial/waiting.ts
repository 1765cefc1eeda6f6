/**
 * Waits of a clock, each with an end. Functions; a timer goes with the wait it was made for.
 */
import type { Clock } from '../../base/clock.ts'

/** Ends early, without a complaint, when the signal aborts. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve()
      return
    }
    const timer = clock.after(ms, over)
    signal?.addEventListener('abort', over, { once: true })
    function over(): void {
      timer.cancel()
      signal?.removeEventListener('abort', over)
      resolve()
    }
  })
}

/** What the promise gives, or what `late` makes when it takes longer. What comes later is let go. */
export function within<Value>(clock: Clock, ms: number, promise: Promise<Value>, late: () => Error): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(ms, () => reject(late()))
    promise.then(resolve, reject).finally(() => timer.cancel())
  })
}
