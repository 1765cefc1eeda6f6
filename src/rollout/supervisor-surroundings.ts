/** What is around a supervisor, and how it ends. Types. */
import type { Clock } from '../base/clock.ts'
import type { LogsPlan } from './control.ts'

/** What a test may want to own. */
export interface SupervisorSurroundings {
  readonly clock?: Clock
  /** From 0 to below 1. */
  readonly random?: () => number
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  readonly pid?: number
  /** What answers in each worker for it: the URL of a module with `openWorkerAdmin(server, path)`. */
  readonly adminModule?: string
  /** What writes the log of each worker. */
  readonly logs?: LogsPlan
}

/** How a supervisor ended. */
export interface SupervisorEnd {
  readonly reason: string
  /** Not because it was told to. */
  readonly failed: boolean
}
