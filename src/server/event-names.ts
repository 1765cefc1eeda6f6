/** The names of all events of a server, for `on()`: those of ServerEvents, which the compiler checks. A constant. */
import type { ServerEvents } from './server.ts'

const NAMES: Readonly<Record<keyof ServerEvents, true>> = {
  open: true,
  close: true,
  violation: true,
  drop: true,
  discard: true,
  overdue: true,
  error: true,
  refused: true,
  failed: true,
  stall: true,
}

export const EVENT_NAMES: readonly string[] = Object.keys(NAMES)
