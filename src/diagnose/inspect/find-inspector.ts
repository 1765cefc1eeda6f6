/**
 * Which of the sockets that a process listens on is its inspector: each is asked. A program may have opened it at any port
 * (`inspector.open(9801)`, `process.debugPort`, `--inspect=0`), and listens on ports of its own. Functions; nothing to end.
 */
import type { Clock } from '../../base/clock.ts'
import { pause } from '../dial/waiting.ts'
import { debuggerUrl } from './debugger-url.ts'
import { type ListeningSocket, listeningSockets } from './listening-sockets.ts'
import { isStill, type ProcessFacts } from './process-facts.ts'

/** An inspector answers in a thread of its own, however busy the program is. */
const ASK_MS = 2_000
const LOOK_MS = 20
/** Whoever listens on more is a program with other things to do than to answer to us. */
const SOCKETS_MAX = 64

export interface FindOptions {
  readonly clock: Clock
  readonly ms: number
  readonly signal?: AbortSignal
}

/** The one that is open already, or null. @param usual the port at which it would be, which is its own wherever it listens */
export async function openInspectorOf(
  sockets: readonly ListeningSocket[],
  usual: number,
  clock: Clock,
): Promise<ListeningSocket | null> {
  const expected = sockets.find(({ port }) => port === usual)
  if (expected !== undefined) return expected
  // Not beyond this machine: somebody else may be asked there.
  const asked = sockets.filter(({ isLoopback }) => isLoopback).slice(0, SOCKETS_MAX)
  const answers = await Promise.all(asked.map((socket) => debuggerUrl(socket, clock, ASK_MS)))
  return asked.find((_, at) => answers[at]?.is === 'inspector') ?? null
}

/**
 * Waits for an inspector among the sockets that the process did not have before; null when there is none in time, the process has
 * ended, or the signal aborts.
 */
export async function findInspector(
  facts: ProcessFacts,
  known: ReadonlySet<string>,
  { clock, ms, signal }: FindOptions,
): Promise<ListeningSocket | null> {
  const until = clock.now() + ms
  // Bounded by the sockets that the program begins to listen on meanwhile.
  const others = new Set<string>(known)
  while (clock.now() < until && signal?.aborted !== true && isStill(facts)) {
    const fresh = listeningSockets(facts.pid).filter(({ inode }) => !others.has(inode))
    for (const socket of fresh.slice(0, SOCKETS_MAX)) {
      const { is } = await debuggerUrl(socket, clock, ASK_MS)
      if (is === 'inspector') return socket
      if (is === 'no') others.add(socket.inode)
    }
    await pause(clock, LOOK_MS, signal)
  }
  return null
}
