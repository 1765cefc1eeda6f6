/** The lines for readiness, which a server and a supervisor announce alike. Data; nothing to end. */
import type { ServerEvents } from '../../server/event-names.ts'
import { firstLine } from './error-words.ts'
import type { LogTable } from './log-entry.ts'

const NS_PER_MS = 1_000_000

export const READINESS_LOG_TABLE: LogTable<Pick<ServerEvents, 'notReady' | 'ready'>> = {
  notReady: {
    ...{ level: 'warn', category: 'process', type: 'change' },
    message: 'not ready: {holdfast.detail}',
    fields: { 'holdfast.detail': ({ reasons }) => firstLine(reasons.join('; ')) },
  },
  ready: {
    ...{ level: 'info', category: 'process', type: 'change' },
    message: 'ready again',
    fields: { 'event.duration': ({ notReadyMs }) => Math.round(notReadyMs * NS_PER_MS) },
  },
}
