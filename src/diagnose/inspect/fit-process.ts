/**
 * May the inspector of this process be opened by a signal? SIGUSR1 opens it in Node and kills most other programs, so
 * everything is looked at first. A function over what /proc says; nothing to end.
 */
import { constants } from 'node:os'
import { HoldfastError } from '../../base/errors.ts'
import { clusterWorkers, shown } from './cluster.ts'
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

/** Where the inspector is not open yet. @throws HoldfastError HF_PROCESS_UNFIT when the signal would end the process, or open the inspectors of others */
export function fitForSignal(facts: ProcessFacts, workers = clusterWorkers(facts.pid)): void {
  const { pid } = facts
  if (!catches(facts, constants.signals.SIGUSR1)) {
    const todo =
      'so the signal would end it: it is only starting, or was started with --disable-sigusr1 or --permission; start it with ' +
      '--heapsnapshot-signal=SIGUSR2, send it that, and give the file to holdfast doctor'
    const wanted = 'a Node process that opens its inspector when it gets it'
    throw new HoldfastError('HF_PROCESS_UNFIT', { pid, seen: 'does not catch SIGUSR1', wanted, todo })
  }
  if (workers.length > 0) {
    const seen = 'is the primary of a cluster, whose connections are in its workers'
    const todo = `give ${shown(workers)}; nothing was sent to it: the signal would open the inspectors of all workers`
    throw new HoldfastError('HF_PROCESS_UNFIT', { pid, seen, wanted: 'one of its workers', todo })
  }
}

/** A shell, or npm, that has started the program. */
function meant(pid: number): string {
  const child = listeningChild(pid)
  return child === null ? '' : `; did you mean ${withArguments(child)}?`
}
