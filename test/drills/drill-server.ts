/**
 * The server of a drill: Holdfast as a user has it, in a process of its own, asked by its parent (child.ts). It has one route,
 * `/:kind`; everybody is in the room `all`, and a text comes back as it was sent. It writes down how its connections ended.
 * Ends with its parent.
 */
import { randomBytes } from 'node:crypto'
import { Session } from 'node:inspector/promises'
import { resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { type MemoryReport, readMemory } from '../../src/diagnose/memory/read-memory.ts'
import {
  type Connection,
  createServer,
  type Ending,
  type ServerLedger,
  type ServerOptionsInput,
} from '../../src/index.ts'
import { answer } from './child.ts'
import { Gaps } from './gaps.ts'

export interface ServerConfig {
  readonly options: ServerOptionsInput
  readonly host: string
  /** `slow` with a function, which JSON does not carry: the second word of a message is its key. */
  readonly latestBy?: boolean
  /** Writes down every ending. Not for soaks: it grows. */
  readonly remember?: boolean
  /** Keeps so many bytes of every connection, for ever: a leak on purpose. */
  readonly leakBytes?: number
  /** Opens its admin port, and looks how long it is stuck. */
  readonly admin?: boolean
  /** Is stuck for so long whenever its status is asked for: a control. */
  readonly stuckMs?: number
  /** A thread of its own holds so many bytes, which nobody tells us of. */
  readonly hiddenBytes?: number
}

/** A reading of the memory, and what it cost. */
export interface MemorySample {
  readonly report: MemoryReport
  /** What Node says RSS is, right behind it. */
  readonly nodeRssBytes: number
  readonly tookMs: number
  /** For how long of that the event loop was busy. */
  readonly busyMs: number
}

/** How one connection ended. Times in awake milliseconds: those in which the process was stuck are left out. */
export interface Ended {
  readonly kind: string
  readonly code: number
  readonly by: Ending['by']
  readonly reason: string
  /** From the last text that came until it began to end, and until its socket was gone. */
  readonly silentMs: number
  readonly goneMs: number
}

export interface ServerState {
  readonly ledger: Omit<ServerLedger, 'routes'>
  /** What the ledger and the kernel say is wrong. */
  readonly wrong: readonly string[]
  /** Sockets of the kernel. */
  readonly kernel: number
  readonly rooms: number
  readonly stalls: number
  readonly stalledMs: number
}

export interface Publishing {
  readonly bytesPerSecond: number
  readonly messageBytes: number
  readonly keys: number
  readonly seconds: number
  /** Among so many the rate is shared. */
  readonly readers: number
  /** Keeps so many bytes for each message, for ever: a leak on purpose. */
  readonly hoardBytes?: number
}

export interface Published {
  readonly messages: number
  readonly seconds: number
}

interface Data {
  heardAt: number
  endedAt: number
}

const PUBLISH_EVERY_MS = 5
const config = JSON.parse(process.argv[2] ?? '{}') as ServerConfig
const stalls: number[] = []
const endings: Ended[] = []
const kept = new Map<string, string>()
const hoard: Buffer[] = []
const server = createServer({
  ...config.options,
  ...(config.latestBy === true && { slow: { latestBy: (message) => String(message).split(' ', 2)[1] ?? '' } }),
})

const stalledMs = (): number => stalls.reduce((sum, ms) => sum + ms, 0)
const awake = (): number => performance.now() - stalledMs()

server.on('stall', (stall) => stalls.push(stall.stalledMs))
server.on('error', ({ error }) => console.error(error))
server.route<Data>('/:kind', {
  upgrade: () => ({ heardAt: awake(), endedAt: 0 }),
  open(connection) {
    connection.join('all')
    if (config.leakBytes) kept.set(connection.id, randomBytes(Math.ceil(config.leakBytes / 2)).toString('hex'))
    if (!config.remember) return
    connection.signal.addEventListener('abort', () => {
      connection.data.endedAt = awake()
    })
  },
  message(connection, message) {
    connection.data.heardAt = awake()
    connection.send(message)
  },
  close: (connection, ending) => (config.remember ? remember(connection, ending) : undefined),
})

function remember({ data, params }: Connection<Data>, { code, by, reason }: Ending): void {
  const silentMs = data.endedAt - data.heardAt
  endings.push({ kind: params.kind ?? '', code, by, reason, silentMs, goneMs: awake() - data.heardAt })
}

async function state(): Promise<ServerState> {
  const { routes: _, ...ledger } = server.ledger()
  const kernel = await server.checkKernel()
  const wrong = [...ledger.imbalances, ...kernel.imbalances]
  return {
    ledger,
    wrong,
    kernel: kernel.kernel,
    rooms: server.roomCount,
    stalls: stalls.length,
    stalledMs: stalledMs(),
  }
}

/** Numbered messages, `number key filler`, at an even rate. A slow machine gets fewer, not a burst at the end. */
async function publish(wanted: Publishing): Promise<Published> {
  const { bytesPerSecond, messageBytes, keys, seconds, readers, hoardBytes = 0 } = wanted
  const perMs = bytesPerSecond / messageBytes / readers / 1000
  const room = server.room('all')
  const begun = performance.now()
  let [messages, credit, last] = [0, 0, begun]
  while (performance.now() - begun < seconds * 1000) {
    await pause(PUBLISH_EVERY_MS)
    const now = performance.now()
    credit = Math.min(credit + (now - last) * perMs, perMs * 1000)
    last = now
    for (; credit >= 1; credit--) {
      messages++
      if (hoardBytes > 0) hoard.push(Buffer.alloc(hoardBytes, 1))
      room.publish(`${messages} ${messages % keys} `.padEnd(messageBytes, 'x'))
    }
  }
  return { messages, seconds: (performance.now() - begun) / 1000 }
}

async function memory(): Promise<MemorySample> {
  const [loop, begun] = [performance.eventLoopUtilization(), performance.now()]
  const report = await readMemory()
  const tookMs = performance.now() - begun
  const busyMs = performance.eventLoopUtilization(loop).active
  return { report, nodeRssBytes: process.memoryUsage().rss, tookMs, busyMs }
}

/** Has the heap collected, and its empty pages given back, as a reclaim of the server does. */
async function collect(): Promise<void> {
  const session = new Session()
  session.connect()
  await session.post('HeapProfiler.collectGarbage')
  await pause(20)
  session.disconnect()
}

/**
 * Sends each of a kind as much as its kernel and ours take, some megabytes, so that what comes next waits with us: at the rate
 * of a drill that would take a minute. Twice, because the kernel makes its buffers larger when they fill.
 */
async function fill({ kind }: { kind: string }): Promise<void> {
  const filler = '0 '.padEnd(16 * 1024, 'x')
  for (let round = 0; round < 2; round++) {
    const open = new Set([...server.connections].filter(({ params }) => params.kind === kind))
    while (open.size > 0) {
      for (const connection of open) if (connection.send(filler) !== 'sent') open.delete(connection)
      await pause(1)
    }
    await pause(300)
  }
}

async function openAdmin(): Promise<number> {
  // As it was built: this file may have been compiled into another folder, where the port does not find its package.
  const built = pathToFileURL(resolve('dist/ops/index.js')).href
  const { admin, answer } = (await import(built)) as typeof import('../../src/ops/index.ts')
  gaps.begin()
  const stuck = (): void => {
    const until = performance.now() + (config.stuckMs ?? 0)
    while (performance.now() < until);
  }
  const handler = () => {
    stuck()
    return answer.json({})
  }
  return (await admin(server, { port: 0, routes: [{ method: 'GET', path: '/stuck', handler }] })).port
}

if (config.hiddenBytes) {
  const hide = `globalThis.hidden = Buffer.alloc(${config.hiddenBytes}, 1); setInterval(() => {}, 1000)`
  new Worker(hide, { eval: true }).unref()
}
await server.listen({ port: 0, host: config.host })
const gaps = new Gaps()
const adminPort = config.admin === true ? await openAdmin() : 0
answer({
  ready: () => null,
  port: () => server.port,
  state,
  endings: () => endings,
  collect,
  fill,
  memory,
  publish,
  adminPort: () => adminPort,
  worstGap: () => gaps.take(),
  close: () => server.close(),
})
