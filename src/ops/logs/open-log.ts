/**
 * A log with a target: a pino of our own that writes in the names of ECS, or the one that was given. A function; what it makes is
 * ended by who asked for it.
 */
import { hostname } from 'node:os'
import { ecsFormat } from '@elastic/ecs-pino-format'
import { pino } from 'pino'
import type { Clock } from '../../base/clock.ts'
import { LineWriter } from './line-writer.ts'
import { Log } from './log.ts'
import type { LogLevel } from './log-entry.ts'
import type { LogSink, LogTarget } from './log-options.ts'

export interface OpenLogInit {
  readonly clock: Clock
  readonly repeatsMax: number
  readonly repeatsWindowMs: number
}

export interface OwnTarget {
  readonly level: LogLevel
  readonly sink: LogSink
  readonly pretty: boolean
  readonly colors: boolean
  readonly service: string | null
  /** Which worker writes; null: none. */
  readonly who: { readonly slot: number; readonly version: number } | null
}

export interface OpenLog {
  readonly log: Log
  /** Is there anything that the stream has not passed on? Of a logger that was given nobody knows. */
  waits(): boolean
  end(): void
}

export function openLog(target: OwnTarget | { readonly logger: LogTarget }, init: OpenLogInit): OpenLog {
  if ('logger' in target) {
    const log = new Log({ ...init, target: target.logger })
    return { log, waits: () => false, end: () => log.end() }
  }
  const { level, service, who, ...where } = target
  const writer = new LineWriter({ ...where, writerOnLost: (lines) => log.lost(lines) })
  const format = ecsFormat({
    ...(service !== null && { serviceName: service }),
    ...{ eventDataset: 'holdfast', apmIntegration: false },
  })
  const worker = who && { 'holdfast.worker.slot': who.slot, 'holdfast.worker.version': who.version }
  const base = { pid: process.pid, hostname: hostname(), ...worker }
  const own = pino({ ...format, name: 'holdfast', level, base }, { write: (line) => writer.write(line) })
  const log = new Log({ ...init, target: own })
  return {
    log,
    waits: () => writer.waits,
    end() {
      log.end()
      writer.end()
    },
  }
}
