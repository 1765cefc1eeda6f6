/**
 * What the console is sent over its live channel: plain data, one message of JSON each. Types and a path; the page imports
 * them, those of what it asks for besides, and nothing else of this folder. Nothing of any client is in it: names from the code, routes, counts, times.
 */
import type { CensusReport } from '../../diagnose/census/report.ts'
import type { MemoryAccounts } from '../../diagnose/memory/accounts.ts'
import type { MemoryRow } from '../../diagnose/memory/memory-row.ts'
import type { WorkGroup } from '../../diagnose/work/work.ts'
import type { ReloadProgress } from '../../rollout/rollout-events.ts'
import type { RolloutStatus } from '../../rollout/rollout-status.ts'
import type { DrainReport } from '../../server/drain-report.ts'
import type { ServerLedger } from '../../server/server-ledger.ts'

export type { TimelineEntry } from '../../connection/timeline.ts'
export type { CensusReport } from '../../diagnose/census/report.ts'
export type { MemoryAccounts } from '../../diagnose/memory/accounts.ts'
export type { MemoryRow } from '../../diagnose/memory/memory-row.ts'
export type { ConnectionLine, ConnectionList, ConnectionReport } from '../../diagnose/timeline/timelines.ts'
export type { RouteCounts } from '../../hub/route-counts.ts'
export type { KeptAutopsy } from '../../rollout/autopsy-report.ts'
export type { Collected } from './collect-route.ts'

/** The path of the channel. */
export const LIVE_PATH = '/console/live'

/** The first message to each viewer. */
export interface Hello {
  readonly kind: 'hello'
  /** `server`: a server in its own process. `supervisor`: the workers of `holdfast run`. */
  readonly mode: 'server' | 'supervisor'
  readonly holdfast: string
  readonly node: string
  /** A look comes so often. */
  readonly everyMs: number
  /** Of the looks since somebody has been watching, oldest first; bounded. */
  readonly points: readonly Point[]
  /** The bounds of the handler durations, in seconds. */
  readonly handlerSeconds: readonly number[]
  /** The last hour of memory, a row a minute, of all processes added up. */
  readonly lastHour: readonly MemoryRow[]
}

/** What was seen at one moment: the second and every further message. */
export interface Look {
  readonly kind: 'look'
  readonly point: Point
  /** Of each process with a server in it what it says of itself. */
  readonly processes: readonly ProcessAnswer[]
  /** Null for a server in its own process. */
  readonly supervisor: SupervisorLook | null
  /** How long it took to look, workers included. */
  readonly tookMs: number
}

/** All processes together, in numbers: what the charts are made of. */
export interface Point {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly open: number
  readonly draining: number
  readonly closing: number
  readonly moving: number
  readonly opening: number
  /** These only grow. */
  readonly accepted: number
  readonly refused: number
  readonly failed: number
  readonly closed: number
  readonly moved: number
  readonly messagesReceived: number
  readonly messagesSent: number
  readonly messagesDropped: number
  /** How late the event loop was since the look before, of the worst process; null when not known. */
  readonly loopP99Ms: number | null
  readonly loopMaxMs: number | null
  readonly rssBytes: number
  readonly heapUsedBytes: number
  /** What the last census found; null before there was one. */
  readonly retained: number | null
  /** Null at a moment at which they were not read: that costs more than the rest. */
  readonly accounts: MemoryAccounts | null
}

export interface ProcessAnswer {
  /** The number of the worker; null for a server in its own process. */
  readonly slot: number | null
  /** Null: it did not answer. */
  readonly look: ProcessLook | null
  readonly problem: string | null
}

/** What one process with a server in it says of itself. */
export interface ProcessLook {
  readonly pid: number
  readonly uptimeMs: number
  /** Null where there is no server of this library to look at. */
  readonly server: ServerLook | null
  readonly loop: LoopLook | null
  readonly memory: MemoryLook
  /** What of it took how many milliseconds, the last time it was looked at. */
  readonly costMs: Readonly<Record<string, number>>
}

export interface ServerLook {
  readonly ready: boolean
  readonly rooms: number
  readonly users: number
  /** As `/debug/ledger` says it. */
  readonly ledger: ServerLedger
  readonly census: CensusLook
  readonly work: WorkLook
  /** Null before the first. */
  readonly traffic: TrafficLook | null
  /** Null before there was one. */
  readonly drain: DrainLook | null
}

/** How late the event loop was since the look before, and how much of the time it was busy. */
export interface LoopLook {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** From 0 to 1. */
  readonly busy: number
}

export interface MemoryLook {
  readonly rssBytes: number
  readonly heapUsedBytes: number
  readonly heapLimitBytes: number
  /** The last reading of `/debug/memory`. Null before the first. */
  readonly reading: MemoryReading | null
}

export interface MemoryReading {
  readonly at: number
  readonly source: 'proc' | 'process'
  readonly accounts: MemoryAccounts
  /** In a sentence. */
  readonly verdict: string
}

export interface CensusLook {
  readonly watched: number
  /** How long each of its two collections would stop the process now. */
  readonly estimateMs: number
  readonly report: CensusReport | null
}

/** Of `/debug/work`, the most of each. */
export interface WorkLook {
  readonly held: readonly WorkGroup[]
  readonly running: readonly (WorkGroup & { readonly overdue: number })[]
  readonly left: readonly WorkGroup[]
  readonly abandoned: number
}

/** What was counted since the port was opened, as `/metrics` tells it. */
export interface TrafficLook {
  readonly routes: Readonly<Record<string, RouteTrafficLook>>
  readonly receivedBytes: number
  readonly sentBytes: number
  /** What waits for readers that are slow. */
  readonly outboxBytes: number
}

export interface RouteTrafficLook {
  /** Errors of user code that were announced. */
  readonly errors: number
  /** One count for each bound, and one for what is above them. */
  readonly handlers: readonly number[]
}

export interface DrainLook {
  /** Milliseconds since 1970. */
  readonly beganAt: number
  readonly total: number
  readonly left: number
  /** Null while it goes on. */
  readonly report: DrainReport | null
}

export interface SupervisorLook extends RolloutStatus {
  /** Where a reload or recycle is; null when none goes on. */
  readonly progress: ReloadProgress | null
  /** Of workers that have gone, as far as they have told. */
  readonly departed: EndingsLook
}

/** How connections ended, and why upgrade requests were refused: counts by name, as a ledger has them. */
export interface EndingsLook {
  readonly endingsBy: Readonly<Record<string, number>>
  readonly endingsByCode: Readonly<Record<string, number>>
  readonly refusedByReason: Readonly<Record<string, number>>
}

export type Told = Hello | Look
