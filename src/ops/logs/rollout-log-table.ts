/**
 * The log of a supervisor, and of the links between its workers: events, and what is written of each. Constants. No topic and no
 * room is named: clients may have chosen them.
 */
import type { BrokerEvents } from '../../broker/broker-events.ts'
import type { RolloutEvents } from '../../rollout/rollout-events.ts'
import { firstLine, linesOfCode } from './error-words.ts'
import type { LogTable } from './log-entry.ts'
import { READINESS_LOG_TABLE } from './readiness-log-table.ts'

const NS_PER_MS = 1_000_000

interface Who {
  readonly slot: number
  readonly pid: number
  readonly generation: number
}

const WORKER = {
  'holdfast.worker.slot': ({ slot }: Pick<Who, 'slot'>) => slot,
  'holdfast.worker.pid': ({ pid }: Pick<Who, 'pid'>) => pid,
} as const
const VERSION = { 'holdfast.worker.version': ({ generation }: Pick<Who, 'generation'>) => generation } as const

export const ROLLOUT_LOG_TABLE: LogTable<RolloutEvents> = {
  portBusy: {
    ...{ level: 'warn', category: 'network', type: 'info' },
    message: 'port {holdfast.port} is in use; trying on',
    fields: { 'holdfast.port': ({ port }) => port, 'event.duration': ({ withinMs }) => withinMs * NS_PER_MS },
  },
  bound: {
    ...{ level: 'info', category: 'network', type: 'start', outcome: 'success' },
    message: 'the listening socket is there: port {holdfast.port}',
    fields: { 'holdfast.port': ({ port }) => port },
  },
  started: {
    ...{ level: 'info', category: 'process', type: 'start', outcome: 'success' },
    message: 'all workers serve on port {holdfast.port}: {holdfast.count}',
    fields: { 'holdfast.port': ({ port }) => port, 'holdfast.count': ({ workers }) => workers },
  },
  worker: {
    level: 'debug',
    except: { level: 'info', about: 'when it serves, and when it has gone', when: ({ state }) => isMilestone(state) },
    ...{ category: 'process', type: 'change', same: 'holdfast.worker.state' },
    message: 'worker {holdfast.worker.slot}, version {holdfast.worker.version}: {holdfast.worker.state}',
    fields: {
      ...{ ...WORKER, ...VERSION, 'holdfast.worker.state': ({ state }) => state },
      'holdfast.detail': ({ reason }) => firstLine(reason),
    },
  },
  figures: {
    ...{ level: 'trace', category: 'process', type: 'info' },
    message: 'connections of worker {holdfast.worker.slot}: {holdfast.count}',
    fields: { ...WORKER, 'holdfast.count': ({ connections }) => connections },
  },
  gone: {
    ...{ level: 'trace', category: 'process', type: 'info' },
    message: 'the last figures of worker {holdfast.worker.slot} are there',
    fields: { 'holdfast.worker.slot': ({ slot }) => slot },
  },
  crash: {
    ...{ level: 'error', category: 'process', type: 'end', outcome: 'failure' },
    message: 'worker {holdfast.worker.slot}, version {holdfast.worker.version}, died: {error.message}',
    fields: {
      ...{ ...WORKER, ...VERSION, 'error.message': ({ reason }) => firstLine(reason) },
      'error.stack_trace': ({ reason }) => linesOfCode(reason),
      'holdfast.detail': ({ restartMs }) =>
        restartMs === null ? 'it is not started again' : `another is started in ${restartMs} ms`,
    },
  },
  crashLoop: {
    ...{ level: 'fatal', category: 'process', type: 'end', outcome: 'failure' },
    message:
      'version {holdfast.worker.version} crashes again and again in worker {holdfast.worker.slot}: {holdfast.detail}',
    fields: {
      ...{ ...VERSION, 'holdfast.worker.slot': ({ slot }) => slot },
      'error.message': ({ reason }) => firstLine(reason),
      'holdfast.detail': ({ fallback }) =>
        fallback === null ? 'nothing to go back to' : `back to version ${fallback}`,
    },
  },
  progress: {
    ...{ level: 'debug', category: 'process', type: 'change', same: 'holdfast.reason' },
    message: 'replacing worker {holdfast.worker.slot}: {holdfast.reason}, {holdfast.count} of {holdfast.total} moved',
    fields: {
      ...{ ...VERSION, 'holdfast.worker.slot': ({ slot }) => slot, 'holdfast.reason': ({ phase }) => phase },
      ...{ 'holdfast.count': ({ moved }) => moved, 'holdfast.total': ({ total }) => total },
    },
  },
  reloaded: {
    ...{ level: 'info', category: 'process', type: 'change', outcome: 'success' },
    message: 'version {holdfast.worker.version} has taken over: {holdfast.detail}',
    fields: {
      ...{ ...VERSION, 'holdfast.count': ({ moved }) => moved },
      'event.duration': ({ durationMs }) => Math.round(durationMs * NS_PER_MS),
      'holdfast.detail': ({ moved, drained, unanswered }) =>
        `${moved} moved, ${drained.total} drained, ${unanswered} moves without an answer`,
    },
  },
  reloadFailed: {
    ...{ level: 'error', category: 'process', type: 'change', outcome: 'failure' },
    message: 'version {holdfast.worker.version} has not taken over: {error.message}',
    fields: {
      ...VERSION,
      'error.message': ({ reason }) => firstLine(reason),
      'error.stack_trace': ({ reason }) => linesOfCode(reason),
    },
  },
  recycle: {
    ...{ level: 'info', category: 'process', type: 'change' },
    message: 'worker {holdfast.worker.slot} is going to be replaced: {holdfast.detail}',
    fields: { ...WORKER, 'holdfast.detail': ({ reason }) => reason },
  },
  autopsy: {
    level: 'info',
    except: { level: 'warn', about: 'when something was left', when: ({ verdict }) => verdict === 'leak' },
    ...{ category: 'process', type: 'info', same: 'holdfast.reason' },
    message: 'what worker {holdfast.worker.slot}, version {holdfast.worker.version}, has left: {holdfast.detail}',
    fields: {
      ...{ ...WORKER, ...VERSION, 'holdfast.reason': ({ verdict }) => verdict },
      'holdfast.count': ({ left }) => left.reduce((sum, { count }) => sum + count, 0),
      'event.duration': ({ tookMs }) => tookMs * NS_PER_MS,
      'holdfast.detail': ({ sentence }) => sentence,
    },
  },
  ...READINESS_LOG_TABLE,
  draining: {
    ...{ level: 'info', category: 'process', type: 'change' },
    message: 'all workers drain: {holdfast.count}; told once more, they end at once',
    fields: { 'holdfast.count': ({ workers }) => workers },
  },
  ended: {
    level: 'info',
    except: { level: 'fatal', about: 'when nobody had told it to end', when: ({ failed }) => failed },
    ...{ category: 'process', type: 'end' },
    message: 'the supervisor has ended: {holdfast.detail}',
    fields: { 'holdfast.detail': ({ reason }) => firstLine(reason) },
  },
}

export const BROKER_LOG_TABLE: LogTable<BrokerEvents> = {
  linked: {
    ...{ level: 'debug', category: 'network', type: 'start', outcome: 'success' },
    message: 'linked to another worker',
    fields: { 'holdfast.worker.pid': ({ pid }) => pid },
  },
  unlinked: {
    level: 'debug',
    except: {
      ...{ level: 'warn', about: 'when something was lost, or it did not end as it should' },
      when: ({ reason, lostBytes }) => lostBytes > 0 || reason === 'stuck' || reason === 'bad',
    },
    ...{ category: 'network', type: 'end', same: 'holdfast.reason' },
    message: 'a link to another worker is down ({holdfast.reason})',
    fields: {
      'holdfast.reason': ({ reason }) => reason,
      'holdfast.detail': ({ problem }) => firstLine(problem),
      'holdfast.bytes': ({ lostBytes }) => lostBytes,
    },
  },
  linkRefused: {
    ...{ level: 'warn', category: 'network', type: 'denied', outcome: 'failure' },
    message: 'somebody was refused who wanted to be linked: {holdfast.detail}',
    fields: { 'holdfast.detail': ({ problem }) => firstLine(problem) },
  },
  missed: {
    ...{ level: 'warn', category: 'network', type: 'info' },
    message: 'messages of another worker did not come: {holdfast.count}',
    fields: { 'holdfast.count': ({ messages }) => messages },
  },
}

function isMilestone(state: string): boolean {
  return state === 'serving' || state === 'gone'
}
