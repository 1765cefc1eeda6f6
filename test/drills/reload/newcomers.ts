/**
 * Clients that come, say one thing, hear it back and go, so many in a second whatever becomes of those before; in a process of
 * their own, asked by its parent (child.ts). Ends with its parent.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { answer } from '../child.ts'
import { DrillSocket } from './drill-socket.ts'

export interface NewcomersReport {
  /** Tried to come. */
  readonly came: number
  /** Were let in, and heard what they had said. */
  readonly served: number
  /** What happened to the others. */
  readonly failed: Readonly<Record<string, number>>
  /** From the call to the echo. */
  readonly longestMs: number
  readonly seconds: number
}

const STEP_MS = 5
/** So much of what is late is made up for at once. */
const BURST_MS = 50
/** More do not come at once: they wait for a server that does not answer. */
const AT_ONCE_MAX = 8_000
const ECHO_MS = 30_000

let going = false
let finished: Promise<void> = Promise.resolve()
let under = 0
let came = 0
let served = 0
let longestMs = 0
let seconds = 0
const failed: Record<string, number> = {}

async function one(url: URL): Promise<void> {
  const startedAt = performance.now()
  const text = `newcomer ${came++}`
  let socket: DrillSocket | null = null
  under++
  try {
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('no echo')), ECHO_MS)
      const settle = (error: Error | null): void => {
        clearTimeout(late)
        if (error === null) resolve()
        else reject(error)
      }
      const opening = DrillSocket.open(url, 'whole', {
        onText: (heard) => settle(heard === text ? null : new Error('another echo')),
        onEnd: (code) => settle(new Error(`ended with ${code}`)),
      })
      opening.then(
        (opened) => {
          socket = opened
          opened.say(text)
        },
        (error: Error) => settle(error),
      )
    })
    served++
    longestMs = Math.max(longestMs, performance.now() - startedAt)
  } catch (thrown) {
    const why = thrown instanceof Error ? ((thrown as NodeJS.ErrnoException).code ?? thrown.message) : String(thrown)
    failed[why] = (failed[why] ?? 0) + 1
  }
  // It may have come after all.
  const opened = socket as DrillSocket | null
  opened?.leave()
  under--
}

async function come({ url, perSecond }: { url: string; perSecond: number }): Promise<void> {
  const to = new URL(url)
  const stepMs = 1_000 / perSecond
  const startedAt = performance.now()
  let nextAt = startedAt
  while (going) {
    nextAt = Math.max(nextAt, performance.now() - BURST_MS)
    for (; nextAt <= performance.now() && under < AT_ONCE_MAX; nextAt += stepMs) void one(to)
    await pause(STEP_MS)
  }
  seconds = (performance.now() - startedAt) / 1_000
  while (under > 0) await pause(STEP_MS)
}

answer({
  ready: () => true,
  start(details: { url: string; perSecond: number }) {
    going = true
    finished = come(details)
  },
  async stop(): Promise<NewcomersReport> {
    going = false
    await finished
    return { came, served, failed, longestMs: Math.round(longestMs), seconds: Math.round(seconds * 10) / 10 }
  },
})
