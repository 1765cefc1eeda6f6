/** Who is told of upgrade requests, while somebody wants to know. Types only; who observes says when that ends. */
import type { IncomingHttpHeaders } from 'node:http'
import type { FailureKind } from '../hub/ledger.ts'

/** A request that has passed all checks of ours: its route is known, and is asked next. */
export interface UpgradeAsked {
  /** The path of the route, as it was declared. */
  readonly route: string
  /** To be read now, and not to be kept. */
  readonly headers: IncomingHttpHeaders
  readonly encrypted: boolean
}

/** Must not throw. */
export interface UpgradeObserver {
  /** Null: it does not want to know what becomes of this one. */
  upgradeOnAsked(asked: UpgradeAsked): UpgradeWatch | null
}

/** Follows one request: told exactly once what has become of it. Must not throw. */
export interface UpgradeWatch {
  /** Runs the middleware and `upgrade` of the route, if there are any: at most once. What `ask` returns or throws comes through. */
  run<Result>(ask: () => Result): Result
  /**
   * Its 101 is on the way.
   *
   * @param id of the connection
   * @returns the W3C traceparent that its connection keeps; null when it is in no trace
   */
  upgradeOnAccepted(id: string): string | null
  /** It was answered with this status. @returns its W3C traceparent; null when it is in no trace */
  upgradeOnRefused(status: number): string | null
  /** Its peer left, or its deadline passed (which is answered with 503). @returns its W3C traceparent; null when it is in no trace */
  upgradeOnFailed(kind: FailureKind): string | null
}
