/**
 * Is the process at the other end of a lane dead, now that the lane has ended? Only then may the other side go on without it.
 * A function; ends after two seconds at the latest.
 */
import type { Clock } from '../base/clock.ts'

const LOOK_MS = 2_000
const PAUSE_MS = 10

/** @returns false: after two seconds it was still there */
export async function isDead(pid: number, isAlive: (pid: number) => boolean, clock: Clock): Promise<boolean> {
  const latest = clock.now() + LOOK_MS
  // Whoever waits for this has nothing else to keep the process alive, perhaps.
  const hold = clock.hold()
  try {
    while (isAlive(pid)) {
      if (clock.now() >= latest) return false
      await new Promise<void>((resolve) => clock.after(PAUSE_MS, resolve))
    }
    return true
  } finally {
    hold.cancel()
  }
}
