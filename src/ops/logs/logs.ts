/**
 * The log of a server in its own process: `logs(server, { level: 'info' })`. The library announces; this writes.
 *
 * It is put into the server's scope, so `server.close()` ends it, after the last connection; `close()` ends it before.
 */
import { type Clock, systemClock } from '../../base/clock.ts'
import { type OptionsInput, readOptions, wrongArgument } from '../../base/options.ts'
import { INTERNALS, type ServerInternals } from '../../server/internals.ts'
import type { Server } from '../../server/server.ts'
import { standardOutput } from './line-writer.ts'
import { LOG_OPTIONS, type LogOptions } from './log-options.ts'
import { type OpenLogInit, type OwnTarget, openLog } from './open-log.ts'
import { ServerLog } from './server-log.ts'

/** Of a server, what a log asks. What `createServer()` returns has it. */
export interface LoggedServer {
  readonly scope: { readonly ended: boolean; defer(release: () => unknown, name?: string): () => void }
  readonly on: Server['on']
  readonly [INTERNALS]?: ServerInternals
}

/** A log that is written. */
export interface Logs {
  /** Says how much was left out, and writes no more. What it wrote to stays open. A second call does nothing. */
  close(): void
}

/** What a test may want to own. */
export interface LogSurroundings {
  readonly clock?: Clock
}

export type LogsInput = OptionsInput<typeof LOG_OPTIONS>

const NOT_WITH_LOGGER = ['level', 'to', 'pretty', 'service'] as const

/**
 * From now on what this server announces is written, a line for each event: as JSON with the names of ECS, or for people where `to` is a
 * terminal. Which line is written when, and what is in it: docs/reference/logs.md. It ends with the server, or with `close()`.
 *
 * @throws HoldfastError HF_OPTION_UNKNOWN, HF_OPTION_INVALID
 */
export function logs(server: LoggedServer, input: LogsInput = {}, surroundings: LogSurroundings = {}): Logs {
  const internals = server?.scope?.ended === false ? server[INTERNALS] : undefined
  if (internals === undefined) throw wrongArgument('logs()', 'server', server, 'a server that has not been closed')
  const options = readLogOptions(input)
  const { clock = systemClock } = surroundings
  const { level, service, repeatsMax, repeatsWindowMs, errorMessages } = options
  const init: OpenLogInit = { clock, repeatsMax, repeatsWindowMs }
  const sink = options.to ?? standardOutput()
  const pretty = options.pretty ?? sink.isTTY === true
  const colors = sink.isTTY === true && (process.env.NO_COLOR ?? '') === ''
  const own: OwnTarget = { level, service, sink, pretty, colors, who: null }
  const { log, end } = openLog(options.logger === null ? own : { logger: options.logger }, init)
  const source = { internals, on: ((name, listener) => server.on(name, listener)) as Server['on'] }
  const serverLog = new ServerLog(source, log, errorMessages)
  return {
    close: server.scope.defer(() => {
      serverLog.end()
      end()
    }, 'log'),
  }
}

/** @throws HoldfastError HF_OPTION_UNKNOWN, HF_OPTION_INVALID */
function readLogOptions(input: LogsInput): LogOptions {
  const options = readOptions('logs()', LOG_OPTIONS, input)
  for (const name of NOT_WITH_LOGGER) {
    if (options.logger === null || input[name] === undefined) continue
    throw wrongArgument('logs()', name, input[name], 'to be left out: `logger` decides it')
  }
  return options
}
