/**
 * May the inspector of this process be opened by a signal? SIGUSR1 opens it in Node and kills most other programs, so
 * everything is looked at first. A function over what /proc says; nothing to end.
 */
import { constants } from 'node:os'
import { HoldfastError } from '../../base/errors.ts'
import { listeningChild, withArguments } from './listening.ts'
import { catches, isNode, type ProcessFacts, processFacts } from './process-facts.ts'

/** Who looks. */
export interface Looker {
  readonly platform: string
  readonly uid: number
}

const SELF: Looker = { platform: process.platform, uid: process.geteuid?.() ?? -1 }

/** @throws HoldfastError HF_PROCESS_UNFIT with the reason */
export function fitProcess(pid: number, self: Looker = SELF, facts = processFacts(pid)): ProcessFacts {
  const unfit = (seen: string, wanted: string, todo: string): HoldfastError =>
    new HoldfastError('HF_PROCESS_UNFIT', { pid, seen, wanted, todo })
  const asItRuns = 'a Node process that runs'
  if (self.platform !== 'linux') {
    throw unfit(`is on ${self.platform}`, 'Linux, where /proc tells whether the signal is safe', 'run it on Linux')
  }
  if (facts === null) throw unfit('does not exist', asItRuns, 'look up its number with pgrep -a node')
  if (facts.state === 'Z') throw unfit('has ended, and its parent has not noticed', asItRuns, 'look for its successor')
  if (facts.threadOf !== null) {
    throw unfit(`is a thread of process ${facts.threadOf}`, 'a process', `give ${facts.threadOf} instead`)
  }
  if (facts.uid !== self.uid) {
    throw unfit(`belongs to user ${facts.uid}`, `one of yours (user ${self.uid})`, 'run holdfast as that user')
  }
  if (!isNode(facts)) {
    const program = facts.program === '' ? 'a program that cannot be seen' : facts.program
    throw unfit(
      `runs ${program}`,
      "Node's own executable",
      `nothing was sent to it: the signal would end another program${meant(pid)}`,
    )
  }
  if (facts.state === 'T') throw unfit('is stopped', asItRuns, `let it go on: kill -CONT ${pid}`)
  if (!catches(facts, constants.signals.SIGUSR1)) {
    const why = 'so the signal would end it: it is only starting, or was started with --disable-sigusr1'
    throw unfit('does not catch SIGUSR1', 'a Node process that opens its inspector when it gets it', why)
  }
  const own = processFacts(process.pid)?.network ?? ''
  if (facts.network !== '' && own !== '' && facts.network !== own) {
    throw unfit(
      'is in another network namespace',
      'one whose ports can be reached',
      'run holdfast inside its container',
    )
  }
  return facts
}

/** A shell, or npm, that has started the program. */
function meant(pid: number): string {
  const child = listeningChild(pid)
  return child === null ? '' : `; did you mean ${withArguments(child)}?`
}
