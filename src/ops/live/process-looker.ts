/**
 * Looks at this process for the console: its server, event loop and memory, in one plain value.
 *
 * Made with the debug routes of an admin port and ended with them. Runs nothing by itself: it looks when it is asked, once a second while somebody
 * watches, and rests a quarter of a minute after the last time. What looks at every connection is paced, so that all of it together takes less than a hundredth
 * of a core, however many there are. Keeps no connection.
 */
import { getHeapStatistics } from 'node:v8'
import type { Clock, ClockTimer } from '../../base/clock.ts'
import type { Census } from '../../diagnose/census/census.ts'
import type { MemoryHistory } from '../../diagnose/memory/history.ts'
import { type MemoryReport, readMemory } from '../../diagnose/memory/read-memory.ts'
import type { Work, WorkReport } from '../../diagnose/work/work.ts'
import type { RouteCounts } from '../../hub/route-counts.ts'
import type { DrainReport } from '../../server/drain-report.ts'
import type { ServerFigures } from '../../server/internals.ts'
import type { ServerLedger } from '../../server/server-ledger.ts'
import { LoopDelay } from './loop-delay.ts'
import { Paced } from './paced.ts'
import type { DrainLook, MemoryReading, ProcessLook, ServerLook, TrafficLook, WorkLook } from './wire.ts'

/** Of a server, what is looked at. */
export interface LookedAt {
  readonly ready: () => boolean
  readonly rooms: () => number
  readonly users: () => number
  readonly connections: () => number
  readonly ledger: () => object
  /** Calls `listener` when a drain begins or ends, until the returned function is called. */
  readonly onDrain: (
    listener: (drain: { readonly total: number; readonly report: DrainReport | null }) => void,
  ) => () => void
  readonly figures: () => ServerFigures
  readonly work: Work
  readonly census: Census
}

export interface ProcessLookerInit {
  readonly clock: Clock
  readonly history: MemoryHistory
  /** Null: there is only the process. */
  readonly server: LookedAt | null
}

/** Each of the three that look at everything takes at most this share of a core. */
const SHARE = 0.002
/** Reading where the memory is costs most: twice that. */
const MEMORY_SHARE = 0.004
/** When nobody has looked for so long, nobody watches. */
const REST_MS = 15_000
/** So much is looked at in one go; what takes longer has its turn alone, and the others theirs in the next look. */
const AT_ONCE_MS = 8
const GROUPS_MAX = 20

export class ProcessLooker {
  readonly #init: ProcessLookerInit
  readonly #startedAt: number
  readonly #loop: LoopDelay
  readonly #memory: Paced<MemoryReading>
  readonly #routes: Paced<Readonly<Record<string, RouteCounts>>>
  readonly #work: Paced<WorkLook>
  readonly #traffic: Paced<TrafficLook>
  readonly #offDrain: () => void
  #drain: { readonly beganAt: number; readonly total: number; readonly report: DrainReport | null } | null = null
  #rest: ClockTimer | null = null
  /** The looks so far: who begins changes with each. */
  #looks = 0
  #ended = false

  constructor(init: ProcessLookerInit) {
    const { clock, history, server } = init
    this.#init = init
    this.#startedAt = clock.now()
    this.#loop = new LoopDelay(clock)
    this.#memory = new Paced(clock, MEMORY_SHARE, async () =>
      readingOf(await readMemory(history.rows()), clock.wallNow()),
    )
    this.#routes = new Paced(clock, SHARE, () => ((server as LookedAt).ledger() as ServerLedger).routes)
    this.#work = new Paced(clock, SHARE, () => workLook((server as LookedAt).work.report()))
    this.#traffic = new Paced(clock, SHARE, () => trafficLook((server as LookedAt).figures()))
    this.#offDrain =
      server?.onDrain(({ total, report }) => {
        this.#drain = { beganAt: this.#drain?.beganAt ?? clock.wallNow(), total, report }
      }) ?? (() => {})
  }

  look(): ProcessLook {
    this.#stayAwake()
    this.#memory.refresh()
    if (this.#init.server !== null) this.#refresh([this.#routes, this.#work, this.#traffic])
    const { clock, server } = this.#init
    const beganAt = clock.now()
    const { used_heap_size, heap_size_limit } = getHeapStatistics()
    const look = {
      ...{ pid: process.pid, uptimeMs: Math.round(beganAt - this.#startedAt) },
      server: server === null ? null : this.#serverLook(server),
      loop: this.#loop.read(),
      memory: {
        ...{ rssBytes: process.memoryUsage.rss(), heapUsedBytes: used_heap_size, heapLimitBytes: heap_size_limit },
        reading: this.#memory.latest,
      },
    }
    const costMs = {
      look: round(clock.now() - beganAt),
      ...{ memory: round(this.#memory.tookMs), routes: round(this.#routes.tookMs), work: round(this.#work.tookMs) },
      traffic: round(this.#traffic.tookMs),
    }
    return { ...look, costMs }
  }

  /** Nothing is looked at any more. */
  end(): void {
    this.#ended = true
    this.#rest?.cancel()
    this.#loop.rest()
    this.#offDrain()
  }

  #serverLook(server: LookedAt): ServerLook {
    const { census } = server
    return {
      ...{ ready: server.ready(), rooms: server.rooms(), users: server.users() },
      ledger: { ...countsOf(server.ledger() as ServerLedger), routes: this.#routes.latest ?? {} },
      census: { watched: census.size, estimateMs: Math.round(census.estimateMs), report: census.last },
      work: this.#work.latest ?? { held: [], running: [], left: [], abandoned: 0 },
      traffic: this.#traffic.latest,
      drain: this.#drainLook(server),
    }
  }

  #drainLook(server: LookedAt): DrainLook | null {
    return this.#drain === null ? null : { ...this.#drain, left: server.connections() }
  }

  /** Those that are due, but not more than may be at once: each looks at every connection. */
  #refresh(parts: readonly Pick<Paced<unknown>, 'due' | 'tookMs' | 'refresh'>[]): void {
    const first = this.#looks++ % parts.length
    let spentMs = 0
    for (const part of [...parts.slice(first), ...parts.slice(0, first)]) {
      if (!part.due || (spentMs > 0 && spentMs + part.tookMs > AT_ONCE_MS)) continue
      part.refresh()
      spentMs += part.tookMs
    }
  }

  #stayAwake(): void {
    this.#rest?.cancel()
    if (this.#ended) return
    this.#rest = this.#init.clock.after(REST_MS, () => this.#loop.rest())
  }
}

/** Without what looks at every connection when it is read. */
function countsOf(ledger: ServerLedger): Omit<ServerLedger, 'routes'> {
  const names = Object.keys(ledger).filter((name) => name !== 'routes') as (keyof ServerLedger)[]
  return Object.fromEntries(names.map((name) => [name, ledger[name]])) as unknown as Omit<ServerLedger, 'routes'>
}

function workLook({ held, running, left, abandoned }: WorkReport): WorkLook {
  return {
    held: held.slice(0, GROUPS_MAX),
    running: [...running].sort((a, b) => b.oldestMs - a.oldestMs).slice(0, GROUPS_MAX),
    left: left.slice(0, GROUPS_MAX),
    abandoned: abandoned.reduce((sum, { count }) => sum + count, 0),
  }
}

function trafficLook({ routes, receivedBytes, sentBytes, outboxBytes }: ServerFigures): TrafficLook {
  const entries = Object.entries(routes).map(([route, { errors, handlers }]) => [
    route,
    { errors, handlers: handlers.counts },
  ])
  return { routes: Object.fromEntries(entries), receivedBytes, sentBytes, outboxBytes }
}

function readingOf({ source, accounts, verdict }: MemoryReport, at: number): MemoryReading {
  return { at, source, accounts, verdict }
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10
}
