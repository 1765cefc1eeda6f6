/**
 * Closes the inspector of another process: by its own command, and then it is looked whether its port is gone. A process that has
 * no time takes the command when it has some, also when whoever has given it is gone by then. Functions; each wait has its end.
 */
import type { Clock } from '../../base/clock.ts'
import { pause } from '../dial/waiting.ts'
import { debuggerUrl } from './debugger-url.ts'
import { type FindOptions, findInspector } from './find-inspector.ts'
import { InspectorClient } from './inspector-client.ts'
import type { ListeningSocket } from './listening-sockets.ts'
import { isStill, listeningPorts, type ProcessFacts } from './process-facts.ts'

/** Works in modules of either kind, and also where a test or a bundler has no `require`. */
const CLOSE = '(process.getBuiltinModule?.("node:inspector") ?? require("node:inspector")).close()'
const LOOK_MS = 20
/** After Ctrl-C. */
const HURRY_MS = 3_000

/** @returns false when its port is still open after twice that time */
export async function closeInspector(
  client: InspectorClient,
  inode: string,
  clock: Clock,
  ms: number,
): Promise<boolean> {
  await client.evaluate(CLOSE, ms).catch(() => {})
  await client.end()
  const until = clock.now() + ms
  while (listeningPorts(client.pid).has(inode)) {
    if (clock.now() > until) return false
    await pause(clock, LOOK_MS)
  }
  return true
}

/**
 * Waits until the inspector of a process that was sent the signal has opened, and closes it; when the signal aborts, not for much longer.
 *
 * @param known the sockets that the process had before
 * @param port at which it is expected, for whoever is told
 * @returns null when it is closed, or the process has ended; otherwise what whoever asked has to know, and can do
 */
export async function closeAgain(
  facts: ProcessFacts,
  known: ReadonlySet<string>,
  port: number,
  { clock, ms, signal }: FindOptions,
): Promise<string | null> {
  const { pid } = facts
  let seenAt: number | null = null
  let until = clock.now() + ms
  const hurry = (): void => {
    until = Math.min(until, clock.now() + HURRY_MS)
  }
  signal?.addEventListener('abort', hurry)
  try {
    while (clock.now() < until) {
      const socket = await findInspector(facts, known, { clock, ms: Math.min(HURRY_MS, until - clock.now()) })
      if (!isStill(facts)) return null
      if (socket === null) continue
      seenAt = socket.port
      if (await isClosed(pid, socket, clock)) return null
    }
    return seenAt === null ? opensLater(pid, port) : stillOpen(pid, seenAt)
  } finally {
    signal?.removeEventListener('abort', hurry)
  }
}

async function isClosed(pid: number, socket: ListeningSocket, clock: Clock): Promise<boolean> {
  const asked = await debuggerUrl(socket, clock, HURRY_MS)
  if (asked.is !== 'inspector') return false
  try {
    const client = await InspectorClient.open(pid, asked.url, clock)
    return await closeInspector(client, socket.inode, clock, HURRY_MS)
  } catch {
    return false
  }
}

/** It was told to close, and has not yet. */
export function stillOpen(pid: number, port: number): string {
  return (
    `the inspector of process ${pid} is still open on port ${port}: it closes when the process has time for that; until then whoever ` +
    'is on this machine can run code in it'
  )
}

function opensLater(pid: number, port: number): string {
  return (
    `the inspector of process ${pid} opens${port === 0 ? '' : ` on port ${port}`} when the process has time for that, and then whoever is on this ` +
    `machine can run code in it; to close it: node inspect -p ${pid}, then exec process.getBuiltinModule('inspector').close()`
  )
}
