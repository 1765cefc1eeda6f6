/**
 * The log under `holdfast run`: lines of the supervisor and of its workers in one stream. Each process writes its own, whole lines at a
 * time, to the same standard stream; so what a worker said last is there also when it dies.
 *
 * That of the supervisor ends with `close()`, that of a worker with its server.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { systemClock } from '../../base/clock.ts'
import type { Events } from '../../base/events.ts'
import type { RolloutEvents } from '../../rollout/rollout-events.ts'
import { INTERNALS } from '../../server/internals.ts'
import type { Server } from '../../server/server.ts'
import { reasonWithoutMessage } from './error-words.ts'
import { standardError, standardOutput } from './line-writer.ts'
import type { Log } from './log.ts'
import { type AnyEntry, highestLevel, type LogEntry } from './log-entry.ts'
import type { Fields } from './log-fields.ts'
import { LOG_OPTIONS } from './log-options.ts'
import type { Logs } from './logs.ts'
import { type OpenLog, openLog } from './open-log.ts'
import { BROKER_LOG_TABLE, ROLLOUT_LOG_TABLE } from './rollout-log-table.ts'
import type { RunLogSettings } from './run-log-settings.ts'
import { ServerLog } from './server-log.ts'

/** The log of a worker. It ends with its server. */
export interface WorkerLogs {
  /** What this server announces is written from now on. */
  serves(server: Server): void
  /** Is there anything that was not written yet, because nobody has read what was before? */
  waits(): boolean
}

/** Called in the worker, by what `holdfast run` was told, before it is linked to others: the first links are written too. */
export function openWorkerLogs(
  who: { readonly slot: number; readonly version: number },
  settings: RunLogSettings,
): WorkerLogs {
  const { log, waits, end } = openRunLog(settings, who)
  const unsubscribes = listenToLinks(log)
  return {
    waits,
    serves(server) {
      const on = ((name, listener) => server.on(name, listener)) as Server['on']
      const serverLog = new ServerLog({ internals: server[INTERNALS], on }, log, settings.errorMessages)
      server.scope.defer(() => {
        serverLog.end()
        for (const stop of unsubscribes) stop()
        end()
      }, 'log')
    },
  }
}

/** The log of the supervisor. */
export function supervisorLogs(events: Events<RolloutEvents>, settings: RunLogSettings): Logs {
  const { log, end } = openRunLog(settings, null)
  const offs = wanted(log, ROLLOUT_LOG_TABLE).map(([name, entry]) =>
    events.on(name, (payload) => {
      const shown = settings.errorMessages || !OF_WORKERS.has(name) ? payload : reticent(payload)
      log.write(name, entry, shown, noFields)
    }),
  )
  return {
    close() {
      for (const off of offs.splice(0)) off()
      end()
    },
  }
}

/** Where the reason may be what a worker has died of. */
const OF_WORKERS: ReadonlySet<string> = new Set(['worker', 'crash', 'crashLoop', 'reloadFailed', 'ended'])

/** A payload whose reason, if it has one, says nothing that the app has said. */
function reticent<Payload>(payload: Payload): Payload {
  const { reason } = payload as { readonly reason?: unknown }
  return typeof reason === 'string' ? { ...payload, reason: reasonWithoutMessage(reason) } : payload
}

/** Links are those of the process: there is one mesh in a worker. */
function listenToLinks(log: Log): (() => void)[] {
  return wanted(log, BROKER_LOG_TABLE).map(([name, entry]) => {
    const listener = (payload: unknown): void => log.write(name, entry, payload, noFields)
    subscribe(`holdfast:${name}`, listener)
    return () => void unsubscribe(`holdfast:${name}`, listener)
  })
}

function wanted<Table extends Readonly<Record<string, AnyEntry>>>(
  log: Log,
  table: Table,
): [name: keyof Table & string, entry: LogEntry<unknown>][] {
  const entries = Object.entries(table) as [keyof Table & string, LogEntry<unknown>][]
  return entries.filter(([, entry]) => log.enabled(highestLevel(entry as AnyEntry)))
}

function openRunLog(
  { level, stream, pretty, colors, service }: RunLogSettings,
  who: { slot: number; version: number } | null,
): OpenLog {
  const sink = stream === 'stdout' ? standardOutput() : standardError()
  const { repeatsMax, repeatsWindowMs } = LOG_OPTIONS
  return openLog(
    { level, sink, pretty, colors, service, who },
    { clock: systemClock, repeatsMax: repeatsMax.default, repeatsWindowMs: repeatsWindowMs.default },
  )
}

function noFields(): Fields {
  return {}
}
