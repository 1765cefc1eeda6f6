/**
 * `holdfast doctor`: names what leaks, in a heap snapshot, in any Node process of this user, or in a Holdfast server by its admin port.
 * Exit 0: nothing found. 1: a leak, or what looks like one. 2: it could not be examined.
 */
import type { Finding } from '../diagnose/doctor/finding.ts'
import { isOnlyGrowth } from '../diagnose/doctor/judgement.ts'
import { leakProfile } from '../diagnose/doctor/leak-profile.ts'
import { clusterNote, clusterWorkers } from '../diagnose/inspect/cluster.ts'
import { listeningChild, withArguments } from '../diagnose/inspect/listening.ts'
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
  every: {
    value: 'TIME',
    about: 'of a process: three snapshots, so far apart (30s, say), while it is used; names what grows',
  },
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
  const [negative = ''] = args
  if (/^-\d/.test(negative))
    throw new UsageError(`${negative}: wanted a process id, such as 12345 (pgrep -a node tells)`)
  const given = readFlags(args, FLAGS, 'doctor')
  const pprof = given.text('pprof')
  if (pprof !== undefined) requireWritable('--pprof', pprof)
  const finding = await examined({ given, terminal, signal: stopSignal(terminal) })
  terminal.draw?.('')
  if (given.on('json')) terminal.out(JSON.stringify(finding))
  else for (const line of findingLines(finding)) terminal.out(line)
  if (isOnlyGrowth(finding)) terminal.note(NOT_FULL)
  const meant = finding.verdict === 'nothing' ? childMeant(given.words) : null
  if (meant !== null) terminal.note(meant)
  if (pprof !== undefined) {
    const profile = await encodeProfile(leakProfile(finding, Date.now()), 'holdfast doctor')
    if (!writeOutput('--pprof', pprof, profile, terminal)) return 2
  }
  return finding.verdict === 'nothing' ? 0 : 1
}

function examined(of: Case): Promise<Finding> {
  const { words } = of.given
  const [first = ''] = words
  const isFiles = isFile(first)
  const [other] = words.filter((word) => isFile(word) !== isFiles)
  if (first === '') {
    const todo = `for example holdfast doctor 12345 (pgrep -a node tells which); holdfast doctor --help tells more`
    throw new UsageError(`wanted ${WANTED}: ${todo}`)
  }
  if (other !== undefined || (!isFiles && words.length > 1)) {
    throw new UsageError(`${words.length} things given (${words.join(', ')}); wanted ${WANTED}`)
  }
  if (isFiles && words.length !== 1 && words.length !== 3) {
    throw new UsageError(`${words.length} files given; wanted one, or three of one process`)
  }
  for (const flag of isFiles ? ['every', 'keep'] : []) {
    if (of.given.text(flag) !== undefined) throw new UsageError(`--${flag} is for a process, not for a file`)
  }
  if (isFiles) return examineFiles(words, of)
  return isPid(first) ? examineProcess(Number(first), of) : examineServer(first, of)
}

const WANTED =
  'one of: a process id, http://HOST:PORT of an admin port, a .heapsnapshot file, or three of one process, oldest first'

const isPid = (word: string): boolean => /^\d+$/.test(word)
const isFile = (word: string): boolean => !isPid(word) && !/^https?:/.test(word)

/** Three looks cannot know it; a soak lets it fill first. */
const NOT_FULL =
  'nothing of it is known to be over: a cache with a bound grows like this until it is full. Look again when it is, with a longer --every, or let holdfast soak tell'

/** When nothing was found in it: it may be the shell, or the npm, that has started the program. */
function childMeant([first = '']: readonly string[]): string | null {
  const cluster = isPid(first) && clusterWorkers(Number(first)).length > 0 ? clusterNote(Number(first)) : null
  if (cluster !== null) return cluster
  const child = isPid(first) ? listeningChild(Number(first)) : null
  return child === null ? null : `process ${first} has children; did you mean ${withArguments(child)}?`
}

export const DOCTOR: Command = {
  usage: 'PID | http://HOST:PORT | FILE...',
  about:
    'Names what leaks: in any Node process, a Holdfast server, a heap snapshot, or three snapshots of one process, oldest first.',
  flags: FLAGS,
  more: [
    'Examples:',
    '  pgrep -a node                               which process it is',
    '  holdfast doctor 12345                       one snapshot: what is over and still held',
    '  holdfast doctor 12345 --every 30s           three snapshots, while it is used: what grows as well',
    '  holdfast doctor a.heapsnapshot b.heapsnapshot c.heapsnapshot',
    '',
    'LEAK           what is known to be over is held, or something became more from each snapshot to the next',
    'SUSPECT        what looks over is held; a cache with a bound looks like that too, and --every 30s tells',
    'NOTHING FOUND  nothing of the kind is in what was looked at',
    '',
    'Exit code 0: nothing found. 1: a leak or a suspect. 2: it could not be examined.',
    'A process id is for Linux only, and for processes of your own user.',
  ],
  run,
}
