/**
 * The log of a server: its events, and what is written of each. What runs, in ordinary life, is `debug`: metrics count it. What
 * clients do wrong is `info`; what the operator may have to look at is `warn`; what is broken is `error`.
 *
 * A constant. No field is anything a client has written: no path, address, header, close reason, payload, room or user.
 */
import type { ConnectionFacts } from '../../connection/facts.ts'
import type { Cause, Diagnosis } from '../../diagnose/timeline/diagnosis.ts'
import type { ServerEvents } from '../../server/event-names.ts'
import type { ErrorWords } from './error-words.ts'
import type { LogTable } from './log-entry.ts'
import { READINESS_LOG_TABLE } from './readiness-log-table.ts'

/** How a connection ended. */
export interface EndSeen extends ConnectionFacts {
  readonly diagnosis: Diagnosis | null
}

/** The payloads as the table gets them: of ends what is known of the connection, of errors words that may be shown. */
export interface LoggedEvents extends Omit<ServerEvents, 'close' | 'moved' | 'error' | 'overdue'> {
  close: EndSeen
  moved: EndSeen & { readonly answered: boolean }
  error: { readonly words: ErrorWords }
  overdue: { readonly words: ErrorWords }
}

const NS_PER_MS = 1_000_000
/** Ends that somebody may ask about. */
const REMARKABLE: readonly Cause[] = ['limit', 'no pong', 'protocol error', 'handler failed', 'handler overdue']

const ENDED = {
  'event.duration': ({ ageMs }: EndSeen) => ageMs * NS_PER_MS,
  'holdfast.connection.received': ({ messagesReceived }: EndSeen) => messagesReceived,
  'holdfast.connection.sent': ({ messagesSent }: EndSeen) => messagesSent,
} as const
const ERROR = {
  'error.code': ({ words }: { readonly words: ErrorWords }) => words.code,
  'error.type': ({ words }: { readonly words: ErrorWords }) => words.type,
  'error.message': ({ words }: { readonly words: ErrorWords }) => words.message,
  'error.stack_trace': ({ words }: { readonly words: ErrorWords }) => words.stack,
} as const

export const SERVER_LOG_TABLE: LogTable<LoggedEvents> = {
  open: {
    ...{ level: 'debug', category: 'network', type: 'start', outcome: 'success' },
    message: 'a connection is open',
    fields: {},
  },
  close: {
    level: 'debug',
    except: {
      level: 'info',
      about: `for the causes ${REMARKABLE.join(', ')}`,
      when: ({ diagnosis }) => diagnosis !== null && REMARKABLE.includes(diagnosis.cause),
    },
    ...{ category: 'network', type: 'end', same: 'holdfast.close.cause' },
    message: 'a connection has closed: {holdfast.detail}',
    fields: {
      ...ENDED,
      'holdfast.close.code': ({ ending }) => ending?.code,
      'holdfast.close.by': ({ ending }) => ending?.by,
      'holdfast.close.clean': ({ ending }) => ending?.clean,
      'holdfast.close.cause': ({ diagnosis }) => diagnosis?.cause,
      'holdfast.detail': ({ diagnosis }) => diagnosis?.text,
    },
  },
  adopted: {
    ...{ level: 'debug', category: 'network', type: 'start' },
    message: 'a connection has come from another process',
    fields: {},
  },
  moved: {
    level: 'debug',
    except: {
      level: 'warn',
      about: 'when the other process has not answered',
      when: ({ answered }) => !answered,
    },
    ...{ category: 'network', type: 'end' },
    message: 'a connection has moved to another process',
    fields: { ...ENDED, 'holdfast.answered': ({ answered }) => answered },
  },
  refused: {
    level: 'info',
    except: {
      ...{ level: 'warn', about: 'with a status from 500 on, but for a drain' },
      when: ({ status, kind }) => status >= 500 && kind !== 'draining' && kind !== 'closing',
    },
    ...{ category: 'network', type: 'denied', outcome: 'failure', same: 'holdfast.reason' },
    message: 'an upgrade was refused with {http.response.status_code}: {holdfast.reason}',
    fields: { 'http.response.status_code': ({ status }) => status, 'holdfast.reason': ({ kind }) => kind },
  },
  failed: {
    ...{ level: 'info', category: 'network', type: 'denied', outcome: 'failure', same: 'holdfast.reason' },
    message: 'an upgrade had no answer: {holdfast.reason}',
    fields: { 'holdfast.reason': ({ kind }) => kind },
  },
  limit: {
    ...{ level: 'warn', category: 'network', type: 'denied', same: 'holdfast.limit.name' },
    message: 'the limit {holdfast.limit.name} was reached ({holdfast.limit.mode})',
    fields: { 'holdfast.limit.name': ({ limit }) => limit, 'holdfast.limit.mode': ({ mode }) => mode },
  },
  violation: {
    ...{ level: 'info', category: 'network', type: 'protocol', outcome: 'failure' },
    message: 'a client broke a rule: {holdfast.detail}',
    fields: {
      'holdfast.close.code': ({ violation }) => violation.code,
      'holdfast.detail': ({ violation }) => violation.reason,
    },
  },
  drop: {
    ...{ level: 'warn', category: 'network', type: 'info', same: 'holdfast.reason' },
    message: 'messages to a slow reader were dropped ({holdfast.reason}): {holdfast.count}',
    fields: {
      'holdfast.reason': ({ reason }) => reason,
      'holdfast.count': ({ messages }) => messages,
      'holdfast.bytes': ({ bytes }) => bytes,
    },
  },
  discard: {
    ...{ level: 'info', category: 'network', type: 'info' },
    message: 'messages of a connection that was lost were not handled: {holdfast.count}',
    fields: { 'holdfast.count': ({ messages }) => messages },
  },
  overdue: {
    ...{ level: 'warn', category: 'web', type: 'error', same: 'holdfast.route' },
    message: 'a handler has not finished in time: {error.message}',
    fields: ERROR,
  },
  error: {
    level: 'error',
    except: {
      ...{ level: 'debug', about: 'for a handler that is overdue, of which `overdue` has told' },
      when: ({ words }) => words.code === 'HF_HANDLER_OVERDUE',
    },
    ...{ category: 'web', type: 'error', outcome: 'failure', same: 'error.code' },
    message: 'code of the application failed ({error.code}): {error.message}',
    fields: ERROR,
  },
  drain: {
    level: 'info',
    except: {
      ...{ level: 'warn', about: 'when connections were cut short' },
      when: ({ report }) => (report?.forced ?? 0) > 0,
    },
    ...{ category: 'process', type: 'change' },
    message: 'drain: {holdfast.detail}',
    fields: {
      'holdfast.total': ({ total }) => total,
      'holdfast.count': ({ report }) => report?.forced,
      'event.duration': ({ report }) => report && Math.round(report.durationMs * NS_PER_MS),
      'holdfast.detail': ({ total, report }) =>
        report === null
          ? `begun with ${total} connections`
          : `ended: ${report.finished} finished, ${report.moved} moved, ${report.gone} had left, ${report.forced} cut short`,
    },
  },
  leak: {
    ...{ level: 'warn', category: 'process', type: 'info', same: 'holdfast.kind' },
    message: '{holdfast.detail}',
    fields: {
      'holdfast.route': ({ route }) => route,
      'holdfast.kind': ({ kind }) => kind,
      'holdfast.count': ({ count }) => count,
      'holdfast.reason': ({ because }) => because,
      'holdfast.detail': ({ sentence }) => sentence,
    },
  },
  ...READINESS_LOG_TABLE,
  stall: {
    ...{ level: 'warn', category: 'process', type: 'info' },
    message: 'the process was stuck',
    fields: { 'event.duration': ({ stalledMs }) => Math.round(stalledMs * NS_PER_MS) },
  },
  reclaim: {
    level: 'debug',
    except: { level: 'info', about: 'when it would have taken too long', when: ({ done }) => !done },
    ...{ category: 'process', type: 'info' },
    message: 'after a wave of connections: {holdfast.detail}',
    fields: {
      'event.duration': ({ pauseMs }) => Math.round(pauseMs * NS_PER_MS),
      'holdfast.memory.before': ({ rssBeforeBytes }) => rssBeforeBytes,
      'holdfast.memory.after': ({ rssAfterBytes }) => rssAfterBytes,
      'holdfast.detail': ({ done, estimateMs }) =>
        done
          ? 'the heap was collected'
          : `the heap was not collected, because that would take about ${Math.round(estimateMs)} ms`,
    },
  },
  revoked: {
    ...{ level: 'trace', category: 'network', type: 'info' },
    message: 'an upgrade request is over',
    fields: {},
  },
  expected: {
    ...{ level: 'trace', category: 'process', type: 'info', same: 'holdfast.kind' },
    message: 'an object is expected to be released: {holdfast.kind}',
    fields: { 'holdfast.kind': ({ name }) => name },
  },
}
