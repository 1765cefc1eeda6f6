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
  readonly figures: () => Promise<ServerFigures>
  readonly work: Work
  readonly census: Census
}

export interface ProcessLookerInit {
  readonly clock: Clock
  readonly history: MemoryHistory
  /** Null: there is only the process. */
  readonly server: LookedAt | null
}

/** What looks at everything takes at most so much of a core. */
const WORK_SHARE = 0.002
const FIGURES_SHARE = 0.004
const MEMORY_SHARE = 0.004
/** When nobody has looked for so long, nobody watches. */
const REST_MS = 15_000
const GROUPS_MAX = 20

export class ProcessLooker {
  readonly #init: ProcessLookerInit
  readonly #startedAt: number
  readonly #loop: LoopDelay
  readonly #memory: Paced<MemoryReading>
  readonly #figures: Paced<ServerFigures>
  readonly #work: Paced<WorkLook>
  readonly #offDrain: () => void
  #drain: { readonly beganAt: number; readonly total: number; readonly report: DrainReport | null } | null = null
  #rest: ClockTimer | null = null
  #ended = false

  constructor(init: ProcessLookerInit) {
    const { clock, history, server } = init
    this.#init = init
    this.#startedAt = clock.now()
    this.#loop = new LoopDelay(clock)
    this.#memory = new Paced(clock, MEMORY_SHARE, async () =>
      readingOf(await readMemory(history.rows()), clock.wallNow()),
    )
    this.#figures = new Paced(
      clock,
      FIGURES_SHARE,
      () => (server as LookedAt).figures(),
      ({ tookMs }) => tookMs,
    )
    this.#work = new Paced(clock, WORK_SHARE, () => workLook((server as LookedAt).work.report()))
    this.#offDrain =
      server?.onDrain(({ total, report }) => {
        this.#drain = { beganAt: this.#drain?.beganAt ?? clock.wallNow(), total, report }
      }) ?? (() => {})
  }

  async look(): Promise<ProcessLook> {
    this.#stayAwake()
    const { clock, server } = this.#init
    this.#memory.refresh()
    if (server !== null) {
      this.#work.refresh()
      this.#figures.refresh()
      // The first look has them too.
      if (this.#figures.latest === null) await this.#figures.underWay
    }
    const beganAt = clock.now()
    const { used_heap_size, heap_size_limit } = getHeapStatistics()
    const look = {
      ...{ pid: process.pid, uptimeMs: Math.round(beganAt - this.#startedAt) },
      server: server === null ? null : this.#serverLook(server),
      // Reading it has it measured from then on.
      loop: this.#ended ? null : this.#loop.read(),
      memory: {
        ...{ rssBytes: process.memoryUsage.rss(), heapUsedBytes: used_heap_size, heapLimitBytes: heap_size_limit },
        reading: this.#memory.latest,
      },
    }
    const costMs = {
      look: round(clock.now() - beganAt),
      ...{ memory: round(this.#memory.tookMs), figures: round(this.#figures.tookMs), work: round(this.#work.tookMs) },
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
    const figures = this.#figures.latest
    return {
      ...{ ready: server.ready(), rooms: server.rooms(), users: server.users() },
      ledger: { ...countsOf(server.ledger() as ServerLedger), routes: figures?.connections ?? {} },
      census: { watched: census.size, estimateMs: Math.round(census.estimateMs), report: census.last },
      work: this.#work.latest ?? { held: [], running: [], left: [], abandoned: 0 },
      traffic: figures === null ? null : trafficLook(figures),
      drain: this.#drainLook(server),
    }
  }

  #drainLook(server: LookedAt): DrainLook | null {
    return this.#drain === null ? null : { ...this.#drain, left: server.connections() }
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
