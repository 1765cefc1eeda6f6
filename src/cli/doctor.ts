/**
 * `holdfast doctor`: names what leaks, in a heap snapshot, in any Node process of this user, or in a Holdfast server by its admin port.
 * Exit 0: nothing found. 1: a leak, or what looks like one. 2: it could not be examined.
 */
import type { Finding } from '../diagnose/doctor/finding.ts'
import { leakProfile } from '../diagnose/doctor/leak-profile.ts'
import { encodeProfile } from '../diagnose/pprof/encode.ts'
import type { Command, ExitCode, Terminal } from './command.ts'
import { examineFiles, examineProcess } from './doctor-node.ts'
import { examineServer } from './doctor-server.ts'
import { findingLines } from './doctor-text.ts'
import { type Flags, type Given, readFlags, UsageError } from './flags.ts'
import { requireWritable, writeOutput } from './output-file.ts'
import { stopSignal } from './stop-signal.ts'

const FLAGS: Flags = {
  yes: { about: 'do not ask before the process is made to stand still' },
  every: { value: 'TIME', about: 'of a process: three snapshots, so far apart, while it is used; names what grows' },
  keep: {
    value: 'FOLDER',
    about: 'keep the snapshots there (mode 0600: they hold what the process has in memory, secrets too)',
  },
  pprof: { value: 'FILE', about: 'write the paths as a profile for go tool pprof' },
  json: { about: 'print all there is, as JSON' },
}

/** What there is to do, whatever is examined. */
export interface Case {
  readonly given: Given
  readonly terminal: Terminal
  /** Aborts when it is to stop. */
  readonly signal: AbortSignal
}

async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const given = readFlags(args, FLAGS)
  const pprof = given.text('pprof')
  if (pprof !== undefined) requireWritable('--pprof', pprof)
  const finding = await examined({ given, terminal, signal: stopSignal(terminal) })
  terminal.draw?.('')
  if (given.on('json')) terminal.out(JSON.stringify(finding))
  else for (const line of findingLines(finding)) terminal.out(line)
  if (pprof !== undefined) {
    const profile = await encodeProfile(leakProfile(finding, Date.now()), 'holdfast doctor')
    if (!writeOutput('--pprof', pprof, profile, terminal)) return 2
  }
  return finding.verdict === 'nothing' ? 0 : 1
}

function examined(of: Case): Promise<Finding> {
  const { words } = of.given
  const [first = ''] = words
  const isFiles = !/^\d+$/.test(first) && !/^https?:/.test(first)
  if (words.length !== 1 && !(words.length === 3 && isFiles)) {
    throw new UsageError(
      'wanted one of: a process id, http://HOST:PORT of an admin port, a .heapsnapshot file, or three of rounds',
    )
  }
  for (const flag of isFiles ? ['every', 'keep'] : []) {
    if (of.given.text(flag) !== undefined) throw new UsageError(`--${flag} is for a process, not for a file`)
  }
  if (isFiles) return examineFiles(words, of)
  return /^\d+$/.test(first) ? examineProcess(Number(first), of) : examineServer(first, of)
}

export const DOCTOR: Command = {
  usage: 'PID | http://HOST:PORT | FILE...',
  about: 'Names what leaks: in any Node process, a Holdfast server, a heap snapshot, or three of rounds.',
  flags: FLAGS,
  run,
}
