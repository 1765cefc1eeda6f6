/**
 * A span for each upgrade request that has passed all checks of the server: from there to its answer, the wait for its turn included.
 *
 * Each is owned by the request's opening, which lets go of it with the answer; that ends the span. Middleware and `upgrade` run inside
 * it, and nothing else does: no timer and no socket of ours gets to know it.
 */
import type { FailureKind } from '../../hub/ledger.ts'
import type { UpgradeAsked, UpgradeObserver, UpgradeWatch } from '../../server/internals.ts'
import type { Attempts } from './attempts.ts'
import {
  KIND_SERVER,
  type OtelApi,
  type OtelAttributes,
  type OtelContext,
  type OtelSpan,
  type OtelTracer,
  STATUS_ERROR,
} from './otel-api.ts'
import { traceparentOf } from './traceparent.ts'

export class UpgradeSpans implements UpgradeObserver {
  readonly #api: OtelApi
  readonly #tracer: OtelTracer
  readonly #attempts: Attempts

  constructor(api: OtelApi, tracer: OtelTracer, attempts: Attempts) {
    this.#api = api
    this.#tracer = tracer
    this.#attempts = attempts
  }

  upgradeOnAsked({ route, headers, encrypted }: UpgradeAsked): UpgradeWatch | null {
    const api = this.#api
    return this.#attempts.attempt(() => {
      const parent = api.propagation.extract(api.ROOT_CONTEXT, headers)
      const attributes = {
        'http.request.method': 'GET',
        'http.route': route,
        'url.scheme': encrypted ? 'https' : 'http',
        'network.protocol.name': 'websocket',
      }
      const span = this.#tracer.startSpan(`GET ${route}`, { kind: KIND_SERVER, attributes }, parent)
      return new UpgradeSpan(api, span, api.trace.setSpan(parent, span), this.#attempts)
    })
  }
}

class UpgradeSpan implements UpgradeWatch {
  readonly #api: OtelApi
  readonly #span: OtelSpan
  readonly #context: OtelContext
  readonly #attempts: Attempts

  constructor(api: OtelApi, span: OtelSpan, context: OtelContext, attempts: Attempts) {
    this.#api = api
    this.#span = span
    this.#context = context
    this.#attempts = attempts
  }

  /** Whatever the API does, `ask` runs once, and what it returns or throws comes through. */
  run<Result>(ask: () => Result): Result {
    let outcome: (() => Result) | null = null
    const once = (): (() => Result) => {
      outcome ??= outcomeOf(ask)
      return outcome
    }
    this.#attempts.attempt(() => this.#api.context.with(this.#context, once))
    return once()()
  }

  upgradeOnAccepted(id: string): string | null {
    return this.#end({ 'http.response.status_code': 101, 'holdfast.connection.id': id })
  }

  upgradeOnRefused(status: number): string | null {
    // What a client did wrong is no error of a server: semantic conventions, HTTP server.
    return this.#end({ 'http.response.status_code': status }, status >= 500 ? String(status) : null)
  }

  upgradeOnFailed(kind: FailureKind): string | null {
    const attributes = { 'holdfast.upgrade.failure': kind }
    if (kind === 'deadline') return this.#end({ ...attributes, 'http.response.status_code': 503 }, kind)
    return this.#end(attributes)
  }

  /** @returns its traceparent */
  #end(attributes: OtelAttributes, error: string | null = null): string | null {
    this.#attempts.attempt(() => {
      this.#span.setAttributes(error === null ? attributes : { ...attributes, 'error.type': error })
      if (error !== null) this.#span.setStatus({ code: STATUS_ERROR })
    })
    this.#attempts.attempt(() => this.#span.end())
    return this.#attempts.attempt(() => traceparentOf(this.#span.spanContext()))
  }
}

/** Runs it now; gives its result, or throws what it threw, whenever that is asked for. */
function outcomeOf<Result>(fn: () => Result): () => Result {
  try {
    const result = fn()
    return () => result
  } catch (thrown) {
    return () => {
      throw thrown
    }
  }
}
