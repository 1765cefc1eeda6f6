/**
 * The inspector of another Node process of this user: opened by SIGUSR1, unless it is open, and closed again. The process
 * says so on its own standard error ("Debugger listening on …"), and goes on.
 *
 * Owned by whoever opened it; ends with `end()`, which must be called: a process killed before leaves the inspector open.
 */
import { kill } from 'node:process'
import type { Clock } from '../../base/clock.ts'
import { HoldfastError, messageOf } from '../../base/errors.ts'
import { fetchBytes } from '../dial/fetch-bytes.ts'
import { pause } from '../dial/waiting.ts'
import { fitProcess } from './fit-process.ts'
import { InspectorClient } from './inspector-client.ts'
import { type InspectorAddress, inspectorAddress } from './inspector-port.ts'
import { listenersOn, named } from './listening.ts'
import { isPortTaken, listeningPorts, type ProcessFacts } from './process-facts.ts'

export interface OpenInspector {
  readonly client: InspectorClient
  readonly pid: number
  readonly port: number
  /** It was open before, so it stays open. */
  readonly wasOpen: boolean
  /** Disconnects, and closes the inspector if it was opened here. @returns false when it could not be closed */
  end(): Promise<boolean>
}

/** A process that is stuck in a loop opens it all the same; one that has no time at all does not. */
const OPEN_MS = 15_000
const ANSWER_MS = 10_000
const CLOSE_MS = 10_000
const LOOK_MS = 20

/** Works in modules of either kind, and also where a test or a bundler has no `require`. */
const CLOSE = '(process.getBuiltinModule?.("node:inspector") ?? require("node:inspector")).close()'

/**
 * @param openMs how long it may take to open
 * @throws HoldfastError HF_PROCESS_UNFIT before anything was sent, HF_INSPECTOR_FAILED after
 */
export async function openInspector(pid: number, clock: Clock, openMs: number = OPEN_MS): Promise<OpenInspector> {
  const facts = fitProcess(pid)
  const address = inspectorAddress(facts.args, facts.nodeOptions)
  const before = listeningPorts(pid)
  const open = [...before].find(([, port]) => port === address.port)
  if (open !== undefined) return connected(facts, address, open, true, clock)
  if (address.port !== 0 && isPortTaken(pid, address.port)) {
    const [other] = listenersOn(address.port)
    const who = other === undefined ? "a process that you may not see (another user's) has" : `${named(other)} has`
    throw new HoldfastError('HF_PROCESS_UNFIT', {
      ...{ pid, seen: `would open its inspector on port ${address.port}, which ${who}` },
      wanted: 'that port to be free',
      todo: 'end what listens there (another debugger?), or start the process with --inspect-port=0',
    })
  }
  signal(pid)
  return connected(facts, address, await openedPort(pid, address, before, { clock, openMs }), false, clock)
}

function signal(pid: number): void {
  try {
    kill(pid, 'SIGUSR1')
  } catch (thrown) {
    throw new HoldfastError('HF_PROCESS_UNFIT', {
      ...{ pid, seen: `cannot be sent a signal: ${messageOf(thrown)}` },
      ...{ wanted: 'a process of yours that runs', todo: 'run holdfast as its user' },
    })
  }
}

type Opened = readonly [inode: string, port: number]

/** The listener that the process did not have before. */
async function openedPort(
  pid: number,
  address: InspectorAddress,
  before: ReadonlyMap<string, number>,
  { clock, openMs }: { readonly clock: Clock; readonly openMs: number },
): Promise<Opened> {
  const until = clock.now() + openMs
  while (clock.now() < until) {
    const fresh = [...listeningPorts(pid)].filter(([inode]) => !before.has(inode))
    const opened = fresh.find(([, port]) => port === address.port || address.port === 0)
    if (opened !== undefined) return opened
    await pause(clock, LOOK_MS)
  }
  // `process.debugPort` may have been changed.
  const other = [...listeningPorts(pid)].find(([inode]) => !before.has(inode))
  if (other !== undefined) return other
  throw failed(
    pid,
    `it has not opened within ${openMs} ms of SIGUSR1`,
    'look whether the program has a SIGUSR1 handler of its own',
  )
}

async function connected(
  { pid }: ProcessFacts,
  { host }: InspectorAddress,
  [inode, port]: Opened,
  wasOpen: boolean,
  clock: Clock,
): Promise<OpenInspector> {
  const url = await debuggerUrl(pid, reachable(host), port, clock)
  // The port is still that process's own: nobody else has taken it since.
  if (!listeningPorts(pid).has(inode)) throw failed(pid, `port ${port} is no longer its own`, 'try again')
  const client = await InspectorClient.open(pid, url, clock)
  const end = async (): Promise<boolean> => {
    if (!wasOpen) await client.evaluate(CLOSE, CLOSE_MS).catch(() => {})
    await client.end()
    return wasOpen || isClosed(pid, inode, clock)
  }
  return { client, pid, port, wasOpen, end }
}

async function isClosed(pid: number, inode: string, clock: Clock): Promise<boolean> {
  const until = clock.now() + CLOSE_MS
  while (listeningPorts(pid).has(inode)) {
    if (clock.now() > until) return false
    await pause(clock, LOOK_MS)
  }
  return true
}

async function debuggerUrl(pid: number, host: string, port: number, clock: Clock): Promise<string> {
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`
  let problem = 'it names none'
  try {
    const targets = JSON.parse(String(await fetchBytes(clock, `http://${where}/json/list`, ANSWER_MS))) as unknown
    const id = Array.isArray(targets) ? (targets[0] as { id?: unknown })?.id : undefined
    // Made here, not taken from the answer: nobody sends us elsewhere.
    if (typeof id === 'string' && /^[\w-]+$/.test(id)) return `ws://${where}/${id}`
  } catch (thrown) {
    problem = messageOf(thrown)
  }
  throw failed(pid, `port ${port} does not speak as one: ${problem}`, 'look what the process listens on there')
}

function reachable(host: string): string {
  return host === '0.0.0.0' || host === '' ? '127.0.0.1' : host === '::' ? '::1' : host
}

function failed(pid: number, seen: string, todo: string): HoldfastError {
  return new HoldfastError('HF_INSPECTOR_FAILED', { pid, seen, wanted: 'it to open and to answer', todo })
}
