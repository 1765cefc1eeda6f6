/** The events of a server: what each carries, and their names for `on()`, which the compiler checks. Constants. */
import type { ConnectionEvents } from '../connection/connection-context.ts'

/** What a server announces, also on the diagnostics channels `holdfast:<name>`. */
export interface ServerEvents extends ConnectionEvents {
  /** An upgrade request was answered with a status instead of 101. */
  refused: { readonly path: string; readonly status: number; readonly reason: string }
  /** The peer left, or the deadline passed, before an upgrade request was answered. */
  failed: { readonly path: string; readonly reason: string }
  /** The process itself was stuck for so long; no peer is judged by it. */
  stall: { readonly stalledMs: number }
}

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
