/**
 * Which log `holdfast run` writes: by its flags, and by whether a person is there. A function over flags; nothing to end.
 */
import { LOG_LEVELS, type LogLevel } from '../ops/logs/log-entry.ts'
import type { RunLogSettings } from '../ops/logs/run-log-settings.ts'
import type { Terminal } from './command.ts'
import { type Given, UsageError } from './flags.ts'

/** Null: a few sentences of the supervisor, or what `--json` prints. @throws UsageError */
export function runLogOf(given: Given, { draw, env }: Pick<Terminal, 'draw' | 'env'>): RunLogSettings | null {
  const asked = given.text('log')
  const level = given.text('log-level') ?? 'info'
  if (asked !== undefined && !['json', 'pretty', 'brief'].includes(asked)) {
    throw new UsageError(`--log ${asked}: wanted json, pretty or brief`)
  }
  if (!isLevel(level)) throw new UsageError(`--log-level ${level}: wanted one of ${LOG_LEVELS.join(', ')}`)
  const service = given.text('log-service') ?? null
  if (service !== null && service.length > 100) throw new UsageError('--log-service: wanted at most 100 characters')
  const what = { level, service, errorMessages: !given.on('log-without-messages') }
  if (given.on('json')) {
    if (asked === undefined || asked === 'brief') return noLog(what)
    throw new UsageError('--json and --log: wanted one of them; --json is for programs that follow a rollout')
  }
  const inTerminal = draw !== null
  const form = asked ?? (inTerminal || given.text('log-level') !== undefined ? 'pretty' : 'brief')
  if (form === 'brief') return noLog(what)
  if (form === 'json') return { ...what, stream: 'stdout', pretty: false, colors: false }
  return { ...what, stream: 'stderr', pretty: true, colors: inTerminal && (env.NO_COLOR ?? '') === '' }
}

/** What is printed without a log has the messages. @throws UsageError */
function noLog({ errorMessages }: Pick<RunLogSettings, 'errorMessages'>): null {
  if (errorMessages) return null
  throw new UsageError('--log-without-messages: wanted --log json or --log pretty with it')
}

function isLevel(text: string): text is LogLevel {
  return (LOG_LEVELS as readonly string[]).includes(text)
}
