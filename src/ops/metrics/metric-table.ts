/**
 * Every metric there is: name, type, what it says, its labels, its buckets. The exposition is made from it, and so is
 * `docs/reference/metrics.md`. A constant; nothing to end.
 *
 * Labels are bounded: routes are those that were declared, close codes of clients have a bound, and nothing of any client is in them.
 */
import { HANDLER_SECONDS, HANDSHAKE_SECONDS, PING_SECONDS } from '../../connection/traffic.ts'

export interface MetricEntry {
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** One sentence; it is the HELP of the exposition. */
  readonly help: string
  readonly labels: readonly string[]
  /** Of a histogram: upper bounds. */
  readonly buckets?: readonly number[]
  /**
   * `server`: under a supervisor it is added up over all workers, those that have gone included where it is a counter or a histogram.
   * `process`: of one process; under a supervisor with the label `worker`. `supervisor`: only there. `health`: the same as `process`, but the
   * supervisor says it of its workers, which may be stuck, and of the whole.
   */
  readonly of: 'server' | 'process' | 'supervisor' | 'health'
  /** Of a counter or a histogram: when it was 0. */
  readonly since?: 'the server was made' | 'the port was opened' | 'the process began'
}

export const GC_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
export const LOOP_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
export const HANDOFF_SECONDS = [0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]

const MADE = { of: 'server', since: 'the server was made' } as const
const OPENED = { of: 'server', since: 'the port was opened' } as const
const PROCESS = { of: 'process', since: 'the process began' } as const

export const METRICS = {
  holdfast_connections: {
    ...{ type: 'gauge', of: 'server', labels: ['route', 'state'] },
    help: 'Connections that are there, by state: open, draining, moving (on the way to another process) or closing.',
  },
  holdfast_connections_opened_total: {
    ...{ type: 'counter', ...OPENED, labels: ['route'] },
    help: 'Upgrade requests that were answered with 101. A connection that moves between workers is counted once.',
  },
  holdfast_connections_closed_total: {
    ...{ type: 'counter', ...OPENED, labels: ['route', 'code', 'by'] },
    help: 'Connections that closed, by close code and by who decided: peer, server or network. Of codes from 3000 the first 20 are told apart, of all workers together; the rest is other.',
  },
  holdfast_connections_moved_total: {
    ...{ type: 'counter', ...MADE, labels: ['result'] },
    help: 'Connections that were given to another process: moved, unanswered (nobody knows whether it has them) or refused (they stayed).',
  },
  holdfast_connections_limit: {
    ...{ type: 'gauge', of: 'server', labels: [] },
    help: 'So many connections there may be: connectionsMax, or what the limit on open files leaves. Absent where there is no bound.',
  },
  holdfast_upgrades_refused_total: {
    ...{ type: 'counter', ...MADE, labels: ['reason'] },
    help: 'Upgrade requests that were refused, by reason: origin, path, protocol, draining, limit …, reject 401 and so on.',
  },
  holdfast_upgrades_failed_total: {
    ...{ type: 'counter', ...MADE, labels: ['reason'] },
    help: 'Upgrade requests whose client left or whose deadline passed before there was an answer.',
  },
  holdfast_handshake_duration_seconds: {
    ...{ type: 'histogram', ...OPENED, labels: ['route'], buckets: HANDSHAKE_SECONDS },
    help: 'From an upgrade request to its 101, what the application asked meanwhile included.',
  },
  holdfast_handler_duration_seconds: {
    ...{ type: 'histogram', ...OPENED, labels: ['route'], buckets: HANDLER_SECONDS },
    help: 'How long handlers took (user, open, hold, message, drain, close), until their promise has settled. Of one that outlives its connection, or of a close that is overdue, until then.',
  },
  holdfast_handler_errors_total: {
    ...{ type: 'counter', ...OPENED, labels: ['route'] },
    help: 'Errors of code of the application that were announced as the event error: handlers that threw or were overdue, tasks, upgrades.',
  },
  holdfast_messages_received_total: {
    ...{ type: 'counter', ...MADE, labels: [] },
    help: 'Messages that came from clients.',
  },
  holdfast_messages_sent_total: {
    ...{ type: 'counter', ...MADE, labels: [] },
    help: 'Messages that were accepted for clients.',
  },
  holdfast_messages_discarded_total: {
    ...{ type: 'counter', ...MADE, labels: [] },
    help: 'Messages that came and were not handled, because their connection was lost or ended before.',
  },
  holdfast_received_bytes_total: {
    ...{ type: 'counter', ...OPENED, labels: [] },
    help: 'Bytes that came over the sockets of connections, their upgrade requests included.',
  },
  holdfast_sent_bytes_total: {
    ...{ type: 'counter', ...OPENED, labels: [] },
    help: 'Bytes that the kernel has taken from the sockets of connections, as they go over the wire.',
  },
  holdfast_outbox_bytes: {
    ...{ type: 'gauge', of: 'server', labels: [] },
    help: 'Bytes that wait for clients that read too slowly. A message that several wait for counts for each.',
  },
  holdfast_slow_consumers_total: {
    ...{ type: 'counter', ...MADE, labels: ['action'] },
    help: 'What was done about clients that read too slowly: ended counts connections; drop-newest, drop-oldest, latestBy and budget count messages that were not sent.',
  },
  holdfast_ping_round_trip_seconds: {
    ...{ type: 'histogram', ...OPENED, labels: [], buckets: PING_SECONDS },
    help: 'From a ping of the heartbeat to its pong. Only quiet connections are pinged.',
  },
  holdfast_drains_total: {
    ...{ type: 'counter', ...OPENED, labels: ['result'] },
    help: 'Drains that ended: clean, or forced when something had to be cut short.',
  },
  holdfast_connections_drained_total: {
    ...{ type: 'counter', ...OPENED, labels: ['result'] },
    help: 'Connections that were there when a drain began, by what became of them: finished, forced, moved or gone.',
  },
  holdfast_handoffs_total: {
    ...{ type: 'counter', of: 'supervisor', since: 'the process began', labels: ['result'] },
    help: 'Workers that were to be replaced: complete (all connections moved), partial (some were left for the drain) or failed (the old ones go on).',
  },
  holdfast_handoff_duration_seconds: {
    ...{ type: 'histogram', of: 'supervisor', since: 'the process began', labels: [], buckets: HANDOFF_SECONDS },
    help: 'How long moving the connections of one worker took.',
  },
  holdfast_ready: {
    ...{ type: 'gauge', of: 'health', labels: [] },
    help: 'Is who comes now let in, as /readyz says: 1 or 0.',
  },
  holdfast_workers: {
    ...{ type: 'gauge', of: 'supervisor', labels: ['state'] },
    help: 'Worker processes, by state: starting, ready, serving, moving or draining.',
  },
  holdfast_workers_silent: {
    ...{ type: 'gauge', of: 'supervisor', labels: [] },
    help: 'Workers that did not answer when they were asked for this: what is told of them is what they said last.',
  },
  holdfast_worker_crashes_total: {
    ...{ type: 'counter', of: 'supervisor', since: 'the process began', labels: [] },
    help: 'Workers that ended although nobody had told them to.',
  },
  holdfast_retained: {
    ...{ type: 'gauge', of: 'server', labels: ['kind', 'route'] },
    help: 'Objects that were over and could still be reached when the last census was taken: connections, upgrade requests, and what the application expects to be released. Those that ended just before are among them.',
  },
  holdfast_leaks: {
    ...{ type: 'gauge', of: 'server', labels: ['kind', 'route'] },
    help: 'Of the retained, those of kinds and routes that the census calls a leak. Absent while there is none.',
  },
  holdfast_ledger_imbalance: {
    ...{ type: 'gauge', of: 'server', labels: [] },
    help: 'Laws of the ledger that do not hold. 0, or there is a bug in this library.',
  },
  holdfast_reclaims_total: {
    ...{ type: 'counter', ...MADE, labels: [] },
    help: 'How often the heap was collected after a wave of arrivals or departures, to give memory back.',
  },
  holdfast_memory_bytes: {
    ...{ type: 'gauge', of: 'process', labels: ['account'] },
    help: 'Where the resident memory of the process is: accounts that add up to it. At most ten seconds old.',
  },
  holdfast_event_loop_delay_seconds: {
    ...{ type: 'histogram', of: 'process', since: 'the port was opened', labels: [], buckets: LOOP_SECONDS },
    help: 'How late what is due every 20 ms was, also what was due while nothing could run: what a message that comes at any moment may have to wait.',
  },
  holdfast_gc_pause_seconds: {
    ...{ type: 'histogram', of: 'process', since: 'the port was opened', labels: ['kind'], buckets: GC_SECONDS },
    help: 'How long collections of garbage stopped the process: minor, major, incremental or weakcb.',
  },
  holdfast_heap_limit_bytes: {
    ...{ type: 'gauge', of: 'process', labels: [] },
    help: 'How large the heap of JavaScript may become, young and old together.',
  },
  holdfast_old_generation_bytes: {
    ...{ type: 'gauge', of: 'process', labels: [] },
    help: 'Used of the heap, without what is young.',
  },
  holdfast_old_generation_limit_bytes: {
    ...{ type: 'gauge', of: 'process', labels: [] },
    help: 'How much of that there may be; beyond it the process ends.',
  },
  holdfast_settings_version: {
    ...{ type: 'gauge', of: 'supervisor', labels: [] },
    help: 'Which version of the app and its options is served: 1 from the start, and one more with each reload that was begun.',
  },
  holdfast_build_info: {
    ...{ type: 'gauge', of: 'process', labels: ['version', 'node'] },
    help: 'Always 1: the versions of this library and of Node are its labels.',
  },
  process_cpu_seconds_total: {
    ...{ type: 'counter', ...PROCESS, labels: [] },
    help: 'Time of processors that the process has used: the two that follow together.',
  },
  process_cpu_user_seconds_total: {
    ...{ type: 'counter', ...PROCESS, labels: [] },
    help: 'Time of processors that the process has used in its own code.',
  },
  process_cpu_system_seconds_total: {
    ...{ type: 'counter', ...PROCESS, labels: [] },
    help: 'Time of processors that the kernel has used for the process.',
  },
  process_resident_memory_bytes: {
    ...{ type: 'gauge', of: 'process', labels: [] },
    help: 'Resident memory.',
  },
  process_start_time_seconds: {
    ...{ type: 'gauge', of: 'process', labels: [] },
    help: 'When the process began, in seconds since 1970.',
  },
  process_open_fds: {
    ...{ type: 'gauge', of: 'process', labels: [] },
    help: 'Open file descriptors. At most ten seconds old. Linux only.',
  },
  process_max_fds: {
    ...{ type: 'gauge', of: 'process', labels: [] },
    help: 'How many there may be. Linux only.',
  },
} as const satisfies Record<string, MetricEntry>

export type MetricName = keyof typeof METRICS

export const METRIC_NAMES = Object.keys(METRICS) as MetricName[]

export function metricOf(name: MetricName): MetricEntry {
  return METRICS[name]
}
