/** `holdfast reload`: asks a running supervisor for it, shows how it goes on, and says what came of it. */
import { printableJson, printableLine, printableText } from '../base/printable.ts'
import type { ReloadReport } from '../rollout/reload-report.ts'
import type { ReloadProgress } from '../rollout/rollout-events.ts'
import { ADMIN_FLAG, adminPlace } from './admin-flags.ts'
import { AskError, askLines } from './ask-admin.ts'
import type { Command, ExitCode, Terminal } from './command.ts'
import { type Flags, readFlags, UsageError } from './flags.ts'
import { barOf } from './progress-bar.ts'

const FLAGS: Flags = {
  admin: ADMIN_FLAG,
  'node-option': { value: 'OPTION', many: true, about: 'options for Node, in place of those so far' },
  json: { about: 'print how it goes on and the report as JSON, one line each' },
}

interface Line {
  readonly progress?: ReloadProgress | null
  readonly report?: ReloadReport
  readonly error?: { readonly message: string }
}

async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const given = readFlags(args, FLAGS, 'reload')
  if (given.words.length > 0) throw new UsageError(`it takes no words, only flags: ${given.words.join(' ')}`)
  const nodeOptions = given.texts('node-option')
  const lines = askLines({
    ...{ place: adminPlace(given.text('admin')), method: 'POST', path: '/reload' },
    token: terminal.env.HOLDFAST_ADMIN_TOKEN,
    ...(nodeOptions.length > 0 && { body: { nodeOptions } }),
  })
  for await (const line of lines) {
    if (given.on('json')) terminal.out(printableJson(line))
    const { progress, report, error } = line as Line
    if (given.on('json')) {
      if (report !== undefined || error !== undefined) return error === undefined ? 0 : 1
    } else if (progress !== undefined && progress !== null) terminal.draw?.(progressLine(progress))
    else if (report !== undefined || error !== undefined) return say(terminal, report, error)
  }
  throw new AskError('the supervisor has gone before it was done')
}

function say(terminal: Terminal, report: ReloadReport | undefined, error: Line['error']): ExitCode {
  terminal.draw?.('')
  if (error !== undefined) terminal.note(`holdfast reload: ${error.message.split('\n').map(printableText).join('\n')}`)
  if (report !== undefined) terminal.out(printableLine(reportLine(report)))
  return error === undefined ? 0 : 1
}

function progressLine({ step, steps, phase, moved, total }: ReloadProgress): string {
  const what = {
    starting: 'starting the new version',
    moving: `${moved} of ${total} moved`,
    draining: 'draining the rest',
    done: 'done',
  }
  return `${barOf(phase === 'done' || phase === 'draining' ? 1 : total === 0 ? 0 : moved / total)} worker ${step} of ${steps}: ${what[phase]}`
}

function reportLine({
  generation,
  workers,
  moved,
  movesPerSecond,
  stayed,
  drained,
  unanswered,
  durationMs,
}: ReloadReport): string {
  const reasons = Object.entries(stayed).map(([reason, count]) => `${count} ${reason}`)
  const parts = [
    `version ${generation} runs in ${workers === 1 ? '1 worker' : `${workers} workers`}: ${moved === 1 ? '1 connection' : `${moved} connections`} moved`,
    ...(movesPerSecond > 0 ? [`${movesPerSecond} per second`] : []),
    `${drained.total} drained${reasons.length === 0 ? '' : ` (${reasons.join(', ')})`}`,
    ...(unanswered > 0 ? [`${unanswered} unanswered`] : []),
    `${(durationMs / 1_000).toFixed(1)} s`,
  ]
  return parts.join(', ')
}

export const RELOAD: Command = {
  usage: '[--admin 127.0.0.1:6060]',
  about: 'Starts the new version of the app and moves the connections to it.',
  flags: FLAGS,
  run,
}
