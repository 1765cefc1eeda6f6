/**
 * A span for the end of each connection: a trace of its own, begun and ended in that moment, with a link to the span of the upgrade.
 * So no span is ever as long as a connection. A connection that moves has not ended: its last process makes the span.
 *
 * Told by the server; keeps nothing.
 */
import type { ConnectionFacts } from '../../connection/facts.ts'
import type { EndObserver } from '../../server/internals.ts'
import { type Cause, diagnose } from '../timeline/diagnosis.ts'
import type { Attempts } from './attempts.ts'
import { KIND_INTERNAL, type OtelApi, type OtelTracer, STATUS_ERROR } from './otel-api.ts'
import { spanContextOf } from './traceparent.ts'

/** Not the doing of the client, the network or whoever runs the server. */
const OUR_FAULT: readonly (Cause | undefined)[] = ['handler failed', 'handler overdue']

export class EndSpans implements EndObserver {
  readonly #api: OtelApi
  readonly #tracer: OtelTracer
  readonly #attempts: Attempts

  constructor(api: OtelApi, tracer: OtelTracer, attempts: Attempts) {
    this.#api = api
    this.#tracer = tracer
    this.#attempts = attempts
  }

  connectionOnEnded(facts: ConnectionFacts): void {
    const { ending } = facts
    if (ending === null) return
    this.#attempts.attempt(() => {
      const diagnosis = diagnose(facts)
      const upgrade = spanContextOf(facts.traceparent)
      const attributes = {
        'http.route': facts.route,
        'network.protocol.name': 'websocket',
        'holdfast.connection.id': facts.id,
        'holdfast.connection.duration_ms': facts.ageMs,
        'holdfast.messages.received': facts.messagesReceived,
        'holdfast.messages.sent': facts.messagesSent,
        'holdfast.close.code': ending.code,
        'holdfast.close.by': ending.by,
        'holdfast.close.clean': ending.clean,
        'holdfast.close.cause': diagnosis?.cause ?? 'unknown',
      }
      const links = upgrade === null ? [] : [{ context: upgrade }]
      const options = { kind: KIND_INTERNAL, root: true, attributes, links }
      const span = this.#tracer.startSpan(`websocket close ${facts.route}`, options, this.#api.ROOT_CONTEXT)
      if (diagnosis !== null && OUR_FAULT.includes(diagnosis.cause)) {
        span.setAttributes({ 'error.type': diagnosis.cause })
        span.setStatus({ code: STATUS_ERROR, message: diagnosis.text })
      }
      span.end()
    })
  }
}
