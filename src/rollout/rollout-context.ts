/** What the parts of a supervisor need of it. Types only. */
import type { Clock } from '../base/clock.ts'
import type { Events } from '../base/events.ts'
import type { ForkedWorker } from './forked-worker.ts'
import type { Generation } from './generation.ts'
import type { RolloutEvents } from './rollout-events.ts'
import type { RolloutOptions } from './rollout-options.ts'
import type { Slot } from './slot.ts'

export interface LaneFrom {
  readonly pid: number
  readonly lane: object
}

export interface RolloutContext {
  readonly options: RolloutOptions
  readonly clock: Clock
  /** From 0 to below 1. */
  readonly random: () => number
  readonly events: Events<RolloutEvents>
  /** All workers have served once: from now on an end is a crash. */
  readonly started: boolean
  /** @param from whom it takes over from, and a Unix socket for the lane, not reading; the caller closes its own copy of that */
  fork(slot: number, generation: Generation, from: LaneFrom | null): ForkedWorker
  /** Waits until it is ready, and lets it listen. Rejects, and it is gone, when that takes too long or fails. */
  serving(worker: ForkedWorker): Promise<void>
  /** A path in the folder of sockets that nobody else has. */
  socketPath(name: string): string
  /** What to start instead of a version that crashes again and again, or null. */
  fallback(bad: Generation): Generation | null
  slotOnGivenUp(slot: Slot, reason: string): void
}
