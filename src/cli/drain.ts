/** `holdfast drain`: asks a running supervisor to drain all its workers and end. */
import { printableJson, printableLine } from '../base/printable.ts'
import { ADMIN_FLAG, adminPlace } from './admin-flags.ts'
import { AskError, askLines } from './ask-admin.ts'
import type { Command, ExitCode, Terminal } from './command.ts'
import { type Flags, readFlags, UsageError } from './flags.ts'

const FLAGS: Flags = { admin: ADMIN_FLAG, json: { about: 'print how it goes on as JSON, one line each' } }

interface Line {
  readonly connections?: number
  readonly ended?: { readonly reason: string; readonly failed: boolean }
}

async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const given = readFlags(args, FLAGS, 'drain')
  if (given.words.length > 0) throw new UsageError(`it takes no words, only flags: ${given.words.join(' ')}`)
  const json = given.on('json')
  const lines = askLines({
    ...{ place: adminPlace(given.text('admin')), method: 'POST', path: '/drain' },
    token: terminal.env.HOLDFAST_ADMIN_TOKEN,
  })
  for await (const line of lines) {
    if (json) terminal.out(printableJson(line))
    const { connections, ended } = line as Line
    if (connections !== undefined && !json) terminal.draw?.(`${connections} connections are left`)
    if (ended === undefined) continue
    if (!json) {
      terminal.draw?.('')
      terminal.out(ended.failed ? printableLine(`it ended: ${ended.reason}`) : 'drained')
    }
    return ended.failed ? 1 : 0
  }
  throw new AskError('the supervisor has gone before it was done')
}

export const DRAIN: Command = {
  usage: '[--admin 127.0.0.1:6060]',
  about: 'Drains all workers of a running supervisor, which then ends.',
  flags: FLAGS,
  run,
}
