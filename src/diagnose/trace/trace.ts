/**
 * OpenTelemetry for one server: a short span for each upgrade, another at the end of its connection, and nothing in between.
 * Ends by the function returned, or with the server, after its last connection.
 */
import { wrongArgument } from '../../base/options.ts'
import { INTERNALS, type ServerInternals } from '../../server/internals.ts'
import { Attempts } from './attempts.ts'
import { EndSpans } from './end-spans.ts'
import { loadApi, type OtelApi } from './otel-api.ts'
import { UpgradeSpans } from './upgrade-spans.ts'

/** Of a server, what `trace()` asks. What `createServer()` returns has it. */
export interface TracedServer {
  readonly scope: { readonly ended: boolean; defer(release: () => unknown, name?: string): () => void }
  readonly [INTERNALS]?: ServerInternals
}

/**
 * From now on there is a span for each upgrade request that reaches its route, which is active in middleware and `upgrade`, and one at
 * the end of each connection, linked to the first. Where they go is up to the OpenTelemetry SDK of the process; it may be started
 * before or after this. The returned function ends it; so does `server.close()`, after the last connection.
 *
 * @throws HoldfastError HF_PEER_MISSING when `@opentelemetry/api` is not installed; HF_OPTION_INVALID when the server is closed, or
 * traced already
 */
export async function trace(server: TracedServer): Promise<() => void> {
  return traceWith(server, await loadApi())
}

export function traceWith(server: TracedServer, api: OtelApi): () => void {
  const internals = server?.scope?.ended === false ? server[INTERNALS] : undefined
  if (internals === undefined) throw wrongArgument('trace()', 'server', server, 'a server that has not been closed')
  const attempts = new Attempts((error) => internals.report(error))
  const tracer = api.trace.getTracer('holdfast')
  const unobserve = internals.observeUpgrades(new UpgradeSpans(api, tracer, attempts))
  if (unobserve === null) throw wrongArgument('trace()', 'server', server, 'a server that is not traced already')
  const unobserveEnds = internals.observeEnds(new EndSpans(api, tracer, attempts))
  return server.scope.defer(() => {
    unobserve()
    unobserveEnds()
  }, 'trace')
}
