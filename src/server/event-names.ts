/** The events of a server: what each carries, and their names for `on()`, which the compiler checks. Constants. */
import type { Connection } from '../connection/connection.ts'
import type { ConnectionEvents } from '../connection/connection-context.ts'
import type { DrainReport } from './drain-report.ts'
import type { LimitName } from './limit-names.ts'
import type { UpgradeRequest } from './upgrade-request.ts'

/** What a server announces, also on the diagnostics channels `holdfast:<name>`. */
export interface ServerEvents extends ConnectionEvents {
  /** An upgrade request was answered with a status instead of 101. */
  refused: {
    readonly path: string
    readonly status: number
    /** In words, which may be those of the client or of the application. */
    readonly reason: string
    /** One of a few, as in `ledger().refusedByReason`. */
    readonly kind: string
    /** W3C Trace Context of its span: tracing is on, and its route was asked. */
    readonly traceparent?: string
  }
  /** The peer left, or the deadline passed, before an upgrade request was answered. */
  failed: {
    readonly path: string
    readonly reason: string
    /** As in `ledger().failedByReason`. */
    readonly kind: 'peer left' | 'deadline' | 'socket error'
    /** As of `refused`. */
    readonly traceparent?: string
  }
  /** An upgrade request that `upgrade` or middleware was asked about is over, whatever the answer: every property of it throws now. */
  revoked: { readonly request: UpgradeRequest; readonly route: string }
  /** `server.expectReleased()` was called: nobody is to hold this object any more. Whoever listens must not keep it either. */
  expected: { readonly object: object; readonly name: string; readonly atMost?: number }
  /** A limit was reached: by an upgrade request, or by a connection. With mode `warn` nothing was refused or ended for it. */
  limit: {
    readonly limit: LimitName
    readonly mode: 'refuse' | 'warn'
    readonly path?: string
    readonly address?: string
    readonly connection?: Connection
    readonly route?: string
  }
  /** A drain has begun (`report` is null), or has ended. */
  drain: { readonly total: number; readonly report: DrainReport | null }
  /** A census found that what is over can still be reached: ever more of it, or too much. `sentence` says it in a line. Announced once for each kind and route, and again when it was gone in between. Only where an admin port is open: that takes the census. */
  leak: {
    readonly kind: string
    readonly route: string
    /** Over for longer than the patience. */
    readonly count: number
    readonly oldestMs: number
    readonly because: 'grows' | 'threshold'
    readonly sentence: string
  }
  /** Who comes now is not let in, and why: a limit, or a condition of yours. Noticed when somebody asks, by `/readyz` or `/metrics`, and under a supervisor once a second. That it starts, drains or closes is not announced here. */
  notReady: { readonly reasons: readonly string[] }
  /** It is let in again. */
  ready: { readonly notReadyMs: number }
  /** The process itself was stuck for so long; no peer is judged by it. */
  stall: { readonly stalledMs: number }
  /** After a wave of arrivals or departures, the heap was collected; or, with `done` false, that would have taken too long. */
  reclaim: {
    readonly done: boolean
    readonly pauseMs: number
    readonly estimateMs: number
    readonly rssBeforeBytes: number
    readonly rssAfterBytes: number
    readonly heapTotalBeforeBytes: number
    readonly heapTotalAfterBytes: number
  }
}

const NAMES: Readonly<Record<keyof ServerEvents, true>> = {
  open: true,
  close: true,
  adopted: true,
  moved: true,
  violation: true,
  drop: true,
  discard: true,
  overdue: true,
  error: true,
  refused: true,
  failed: true,
  revoked: true,
  expected: true,
  limit: true,
  drain: true,
  leak: true,
  notReady: true,
  ready: true,
  stall: true,
  reclaim: true,
}

export const EVENT_NAMES: readonly string[] = Object.keys(NAMES)
