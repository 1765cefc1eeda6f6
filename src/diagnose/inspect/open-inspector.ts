/**
 * The inspector of another Node process of this user: opened by SIGUSR1, unless it is open, and closed again. The process
 * says so on its own standard error ("Debugger listening on …"), and goes on. A program that handles SIGUSR1 itself gets the signal
 * instead: from outside it cannot be told from one that leaves it to Node.
 *
 * Owned by whoever opened it; ends with `end()`, which must be called: a process killed before leaves the inspector open. When opening it
 * fails, what has opened all the same is closed here.
 */
import { kill } from 'node:process'
import type { Clock } from '../../base/clock.ts'
import { HoldfastError, messageOf } from '../../base/errors.ts'
import { closeAgain, closeInspector, stillOpen } from './close-inspector.ts'
import { debuggerUrl } from './debugger-url.ts'
import { findInspector, openInspectorOf } from './find-inspector.ts'
import { fitForSignal, fitProcess } from './fit-process.ts'
import { InspectorClient } from './inspector-client.ts'
import { inspectorAddress } from './inspector-port.ts'
import { listenersOn, named } from './listening.ts'
import { type ListeningSocket, listeningSockets } from './listening-sockets.ts'
import { isPortTaken, isStill, type ProcessFacts } from './process-facts.ts'

export interface OpenInspector {
  readonly client: InspectorClient
  readonly pid: number
  readonly port: number
  /** It was open before, so it stays open. */
  readonly wasOpen: boolean
  /**
   * Disconnects, and closes the inspector if it was opened here; in a hurry when the signal has aborted. @returns false when it could not be
   * closed, which has been noted then
   */
  end(): Promise<boolean>
}

export interface OpenOptions {
  /** How long it may take to open. */
  readonly openMs?: number
  /** It is awaited so much longer only to be closed. */
  readonly lateMs?: number
  /** When it aborts, everything that waits for the process fails with its reason, and what is still to be closed is closed in a hurry. */
  readonly signal?: AbortSignal
  /** Is told what whoever asked has to know, a line each. */
  readonly note?: (line: string) => void
}

/** A process that is stuck in a loop opens it all the same; one that has no time at all does not. */
const OPEN_MS = 15_000
const LATE_MS = 30_000
const ANSWER_MS = 10_000
/** For whoever has pressed Ctrl-C. */
const HURRY_MS = 3_000

/**
 * @throws HoldfastError HF_PROCESS_UNFIT before anything was sent, HF_INSPECTOR_FAILED after; the reason of the signal
 */
export async function openInspector(pid: number, clock: Clock, options: OpenOptions = {}): Promise<OpenInspector> {
  const { openMs = OPEN_MS, lateMs = LATE_MS, signal, note = () => {} } = options
  const facts = fitProcess(pid)
  const address = inspectorAddress(facts.args, facts.nodeOptions)
  const before = listeningSockets(pid)
  const open = await openInspectorOf(before, address.port, clock)
  if (open !== null) return opened(pid, open, await connected(pid, open, clock), true, clock, options)
  fitForSignal(facts)
  if (address.port !== 0 && isPortTaken(pid, address.port)) {
    const [other] = listenersOn(address.port)
    const who = other === undefined ? "a process that you may not see (another user's) has" : `${named(other)} has`
    throw new HoldfastError('HF_PROCESS_UNFIT', {
      ...{ pid, seen: `would open its inspector on port ${address.port}, which ${who}` },
      wanted: 'that port to be free',
      todo: 'end what listens there (another debugger?), or start the process with --inspect-port=0',
    })
  }
  signal?.throwIfAborted()
  sendSignal(facts)
  const known = new Set(before.map(({ inode }) => inode))
  const withSignal = signal === undefined ? { clock } : { clock, signal }
  try {
    const found = await findInspector(facts, known, { ...withSignal, ms: openMs })
    signal?.throwIfAborted()
    if (found !== null) return opened(pid, found, await connected(pid, found, clock), false, clock, options)
  } catch (thrown) {
    const isOpen = await closeAgain(facts, known, address.port, { clock, ms: signal?.aborted ? HURRY_MS : ANSWER_MS })
    if (isOpen !== null) note(isOpen)
    throw thrown
  }
  const ended = (): HoldfastError => failed(pid, 'the process has ended', 'look why: its own log')
  if (!isStill(facts)) throw ended()
  note(`the inspector of process ${pid} has not opened yet; it is awaited for ${lateMs / 1_000} s more, to be closed`)
  const isOpen = await closeAgain(facts, known, address.port, { ...withSignal, ms: lateMs })
  if (signal?.aborted && isOpen !== null) note(isOpen)
  signal?.throwIfAborted()
  if (!isStill(facts)) throw ended()
  const seen = `it has not opened within ${openMs} ms of SIGUSR1`
  if (isOpen === null)
    throw failed(pid, `${seen}; it has later, and was closed`, 'try it when the process has more time')
  throw failed(pid, seen, `look whether the program has a SIGUSR1 handler of its own; otherwise ${isOpen}`)
}

function sendSignal(facts: ProcessFacts): void {
  const { pid } = facts
  const unfit = (seen: string, todo: string): HoldfastError =>
    new HoldfastError('HF_PROCESS_UNFIT', { pid, seen, wanted: 'a process of yours that runs', todo })
  // Looking took a while: by now its number may be somebody else's, who would be ended by the signal.
  if (!isStill(facts)) throw unfit('has ended', 'look for its successor; nothing was sent')
  try {
    kill(pid, 'SIGUSR1')
  } catch (thrown) {
    throw unfit(`cannot be sent a signal: ${messageOf(thrown)}`, 'run holdfast as its user')
  }
}

async function connected(pid: number, socket: ListeningSocket, clock: Clock): Promise<InspectorClient> {
  const { port, inode } = socket
  const asked = await debuggerUrl(socket, clock, ANSWER_MS)
  if (asked.is !== 'inspector') {
    throw failed(pid, `port ${port} does not speak as one: ${asked.problem}`, 'look what the process listens on there')
  }
  // The port is still that process's own: nobody else has taken it since.
  if (!listeningSockets(pid).some((one) => one.inode === inode)) {
    throw failed(pid, `port ${port} is no longer its own`, 'try again')
  }
  return InspectorClient.open(pid, asked.url, clock)
}

function opened(
  pid: number,
  { inode, port }: ListeningSocket,
  client: InspectorClient,
  wasOpen: boolean,
  clock: Clock,
  { signal, note = () => {} }: OpenOptions,
): OpenInspector {
  const abort = (): void => client.giveUp(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  const end = async (): Promise<boolean> => {
    signal?.removeEventListener('abort', abort)
    if (wasOpen) {
      await client.end()
      return true
    }
    const isClosed = await closeInspector(client, inode, clock, signal?.aborted ? HURRY_MS : ANSWER_MS)
    if (!isClosed) note(stillOpen(pid, port))
    return isClosed
  }
  return { client, pid, port, wasOpen, end }
}

function failed(pid: number, seen: string, todo: string): HoldfastError {
  return new HoldfastError('HF_INSPECTOR_FAILED', { pid, seen, wanted: 'it to open and to answer', todo })
}
