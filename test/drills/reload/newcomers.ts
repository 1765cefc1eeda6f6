/**
 * Clients that come, say one thing, hear it back and go, so many in a second whatever becomes of those before; in a process of
 * their own, asked by its parent (child.ts). Ends with its parent.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { deferred, within } from '../../support/deadline.ts'
import { answer } from '../child.ts'
import { DrillSocket } from './drill-socket.ts'

export interface NewcomersReport {
  /** Tried to come. */
  readonly came: number
  /** Were let in, and heard what they had said. */
  readonly served: number
  /** What happened to the others. */
  readonly failed: Readonly<Record<string, number>>
  /** So often the kernel had no room for one who waited to be accepted (of the whole machine): what follows is not the server's fault alone. */
  readonly queueOverflows: number
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
const overflowsBefore = overflows()

async function one(url: URL): Promise<void> {
  const startedAt = performance.now()
  const text = `newcomer ${came++}`
  const heard = deferred<string>()
  const opening = DrillSocket.open(url, 'whole', {
    onText: (given) => heard.resolve(given),
    onEnd: (code) => heard.reject(new Error(`ended with ${code}`)),
  })
  const echo = opening.then((socket) => {
    socket.say(text)
    return heard.promise
  })
  under++
  try {
    if ((await within('an echo', echo, ECHO_MS)) !== text) throw new Error('another echo')
    served++
    longestMs = Math.max(longestMs, performance.now() - startedAt)
  } catch (thrown) {
    const why = thrown instanceof Error ? ((thrown as NodeJS.ErrnoException).code ?? thrown.message) : String(thrown)
    failed[why] = (failed[why] ?? 0) + 1
  }
  under--
  // Also if it comes only now.
  opening.then(
    (socket) => socket.leave(),
    () => {},
  )
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

/** Linux; elsewhere 0. */
function overflows(): number {
  try {
    const lines = readFileSync('/proc/net/netstat', 'utf8').split('\n')
    const [names = [], values = []] = lines.filter((line) => line.startsWith('TcpExt:')).map((line) => line.split(' '))
    return Number(values[names.indexOf('ListenOverflows')] ?? 0)
  } catch {
    return 0
  }
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
    return {
      came,
      served,
      failed,
      queueOverflows: overflows() - overflowsBefore,
      longestMs: Math.round(longestMs),
      seconds: Math.round(seconds * 10) / 10,
    }
  },
})
