/**
 * How long a profile takes: the `seconds` of a request, and waiting for them. Holds one timer and one listener while it waits;
 * both end with the wait.
 */
import type { Clock } from '../../base/clock.ts'
import { type Refused, refuse } from './plain-profile.ts'

/** The seconds that were asked for, null when none were, or what is wrong with them. */
export function secondsOf(query: URLSearchParams, secondsMax: number): number | null | Refused {
  const asked = query.get('seconds')
  if (asked === null) return null
  const seconds = /^\d{1,6}$/.test(asked) ? Number(asked) : 0
  if (seconds >= 1 && seconds <= secondsMax) return seconds
  return refuse(400, `seconds has to be a whole number from 1 to ${secondsMax}`)
}

/** Resolves with true when the time has passed, with false as soon as the signal aborts. */
export function waitSeconds(clock: Clock, seconds: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve(false)
      return
    }
    const timer = clock.after(seconds * 1000, () => {
      signal.removeEventListener('abort', leave)
      resolve(true)
    })
    const leave = (): void => {
      timer.cancel()
      resolve(false)
    }
    signal.addEventListener('abort', leave, { once: true })
  })
}
