/**
 * The figures of a server in this process, and of the process: what `/metrics` shows, as plain data.
 *
 * Made with an admin port, which owns it; from then on the server counts what nobody counted before. Ends with `end()`: nothing is listened
 * to and no timer runs. It asks the server when it is asked.
 */
import type { Clock } from '../../base/clock.ts'
import type { Census } from '../../diagnose/census/census.ts'
import type { DrainReport } from '../../server/drain-report.ts'
import type { ServerFigures, ServerInternals } from '../../server/internals.ts'
import type { Server } from '../../server/server.ts'
import type { ServerLedger } from '../../server/server-ledger.ts'
import { addUp, type MetricFigures, type MutableFigures, put } from './figures.ts'
import { ProcessMetrics } from './process-metrics.ts'

/** Of a server, what is told. */
export interface MetricsSource {
  readonly internals: Pick<ServerInternals, 'countTraffic' | 'figures' | 'notReady'>
  readonly on: Server['on']
  ledger(): object
}

const STATES = ['open', 'draining', 'moving', 'closing'] as const
const OUTCOMES = ['finished', 'forced', 'moved', 'gone'] as const
/** Of the ledger's endings, those of clients that read too slowly. */
const TOO_SLOW = ['slowReader', 'outboxBudget']

export class ServerMetrics {
  readonly #source: MetricsSource | null
  readonly #census: Pick<Census, 'last'> | null
  readonly #process: ProcessMetrics
  readonly #drains = { clean: 0, forced: 0 }
  readonly #drained = { finished: 0, forced: 0, moved: 0, gone: 0 }
  readonly #untie: () => void

  /** @param source null: there is only the process to look at */
  constructor(clock: Clock, source: MetricsSource | null, census: Pick<Census, 'last'> | null) {
    this.#source = source
    this.#census = census
    this.#process = new ProcessMetrics(clock)
    source?.internals.countTraffic()
    this.#untie = source === null ? () => {} : this.#hearDrains(source)
  }

  /** All there is. */
  async figures(): Promise<MetricFigures> {
    const ofProcess = await this.#process.figures()
    return addUp([await this.ofServer(), ofProcess])
  }

  /** Those of the server, which can be added to those of others. */
  async ofServer(): Promise<MetricFigures> {
    const figures: MutableFigures = {}
    if (this.#source === null) return figures
    const server = await this.#source.internals.figures()
    putLedger(figures, this.#source.ledger() as ServerLedger)
    putConnections(figures, server.connections)
    put(figures, 'holdfast_ready', this.#source.internals.notReady().length === 0 ? 1 : 0)
    putTraffic(figures, server)
    for (const [result, count] of Object.entries(this.#drains)) put(figures, 'holdfast_drains_total', count, { result })
    for (const result of OUTCOMES) {
      put(figures, 'holdfast_connections_drained_total', this.#drained[result], { result })
    }
    const report = this.#census?.last
    for (const { kind, route, count } of report?.retained ?? [])
      put(figures, 'holdfast_retained', count, { kind, route })
    for (const { kind, route, count } of report?.leaks ?? []) put(figures, 'holdfast_leaks', count, { kind, route })
    return figures
  }

  end(): void {
    this.#untie()
    this.#process.end()
  }

  #hearDrains({ on }: MetricsSource): () => void {
    return on('drain', ({ report }) => this.#drainOnTold(report))
  }

  #drainOnTold(report: DrainReport | null): void {
    if (report === null) return
    this.#drains[report.forced > 0 ? 'forced' : 'clean']++
    for (const outcome of OUTCOMES) this.#drained[outcome] += report[outcome]
  }
}

function putConnections(figures: MutableFigures, connections: ServerFigures['connections']): void {
  for (const [route, counts] of Object.entries(connections)) {
    // Upgrade requests for no route: these are no connections.
    if (!route.startsWith('/')) continue
    for (const state of STATES) put(figures, 'holdfast_connections', counts[state], { route, state })
  }
}

function putLedger(figures: MutableFigures, ledger: ServerLedger): void {
  const { moved, movesUnanswered, movesRefused } = ledger
  put(figures, 'holdfast_connections_moved_total', moved - movesUnanswered, { result: 'moved' })
  put(figures, 'holdfast_connections_moved_total', movesUnanswered, { result: 'unanswered' })
  put(figures, 'holdfast_connections_moved_total', movesRefused, { result: 'refused' })
  for (const [reason, count] of Object.entries(ledger.refusedByReason)) {
    put(figures, 'holdfast_upgrades_refused_total', count, { reason })
  }
  for (const [reason, count] of Object.entries(ledger.failedByReason)) {
    put(figures, 'holdfast_upgrades_failed_total', count, { reason })
  }
  put(figures, 'holdfast_messages_received_total', ledger.messagesReceived)
  put(figures, 'holdfast_messages_sent_total', ledger.messagesSent)
  put(figures, 'holdfast_messages_discarded_total', ledger.messagesDiscarded)
  for (const [action, count] of Object.entries(slowActions(ledger))) {
    put(figures, 'holdfast_slow_consumers_total', count, { action })
  }
  put(figures, 'holdfast_ledger_imbalance', ledger.imbalances.length)
  put(figures, 'holdfast_reclaims_total', ledger.reclaims.done)
}

/** The message for which a connection was ended is not told beside its end. */
function slowActions({ dropped, endingsByReason }: ServerLedger): Readonly<Record<string, number>> {
  const ended = TOO_SLOW.reduce((sum, name) => sum + (endingsByReason[name] ?? 0), 0)
  const actions: Record<string, number> = { ended, 'drop-newest': 0, 'drop-oldest': 0, latestBy: 0, budget: 0 }
  for (const { reason, messages } of dropped) if (reason in actions) actions[reason] = (actions[reason] ?? 0) + messages
  return actions
}

function putTraffic(figures: MutableFigures, server: ServerFigures): void {
  for (const [route, traffic] of Object.entries(server.routes)) {
    put(figures, 'holdfast_connections_opened_total', traffic.opened, { route })
    for (const { code, by, count } of traffic.closed) {
      put(figures, 'holdfast_connections_closed_total', count, { route, code, by })
    }
    put(figures, 'holdfast_handler_errors_total', traffic.errors, { route })
    put(figures, 'holdfast_handler_duration_seconds', traffic.handlers, { route })
    put(figures, 'holdfast_handshake_duration_seconds', traffic.handshakes, { route })
  }
  // So that a route is at 0 before its first connection: the first increase would be seen by nobody otherwise.
  for (const route of Object.keys(server.connections)) {
    if (!route.startsWith('/') || route in server.routes) continue
    put(figures, 'holdfast_connections_opened_total', 0, { route })
    put(figures, 'holdfast_handler_errors_total', 0, { route })
  }
  put(figures, 'holdfast_ping_round_trip_seconds', server.pings)
  put(figures, 'holdfast_received_bytes_total', server.receivedBytes)
  put(figures, 'holdfast_sent_bytes_total', server.sentBytes)
  put(figures, 'holdfast_outbox_bytes', server.outboxBytes)
  if (server.connectionsLimit !== null) put(figures, 'holdfast_connections_limit', server.connectionsLimit)
}
