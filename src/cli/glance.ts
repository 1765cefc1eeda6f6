/**
 * What can be seen of a running service at one moment: an admin port is asked for its status, and each of its processes for what it
 * has by route, what it retains and how late its event loop is. The same whether that is a supervisor with workers or one server.
 *
 * Functions; each question ends with its answer. Whoever does not answer is left out, and said to be.
 */
import { printableLine } from '../base/printable.ts'
import type { Retained } from '../diagnose/census/report.ts'
import type { RouteCounts } from '../hub/route-counts.ts'
import { type HealthReason, inWords } from '../ops/health/health.ts'
import { QUIET_LOOKS_MAX, serves } from '../ops/health/supervisor-health.ts'
import { LOOK_PATH, type LookAnswer } from '../ops/live/look-route.ts'
import type { LoopLook } from '../ops/live/wire.ts'
import type { ReloadProgress } from '../rollout/rollout-events.ts'
import type { RolloutStatus, WorkerStatus } from '../rollout/rollout-status.ts'
import type { AdminPlace } from './admin-flags.ts'
import { AskError, askOnce } from './ask-admin.ts'

/** Counters that only grow; from two glances come rates. */
export const COUNTERS = [
  ...(['accepted', 'closed', 'refused', 'failed'] as const),
  ...(['messagesReceived', 'messagesSent', 'messagesDropped'] as const),
]
export type Counters = Readonly<Record<(typeof COUNTERS)[number], number>>

export type RouteGlance = Pick<RouteCounts, 'opening' | 'open' | 'draining' | 'moving' | 'closing'>

export interface ProcessGlance
  extends Pick<WorkerStatus, 'pid' | 'connections' | 'rssBytes' | 'heapUsedBytes' | 'heapLimitBytes'> {
  readonly state: WorkerStatus['state'] | 'not ready'
  /** The number of a worker; null for a server by itself. */
  readonly slot: number | null
  readonly generation: number | null
  readonly stateMs: number
  /** Null: it has not said. */
  readonly loop: LoopLook | null
  /** What is over and still reachable; null: it has not said, or nothing was looked for yet. */
  readonly retained: number | null
}

export interface Glance {
  readonly kind: 'supervisor' | 'server'
  /** Of Holdfast. */
  readonly version: string
  readonly node: string
  readonly state: string
  readonly ready: boolean
  readonly uptimeMs: number
  /** Where clients connect, and which version of the app; null where that is not known. */
  readonly at: string | null
  readonly generation: number | null
  readonly connections: number
  readonly counters: Counters
  /** By route, most first. */
  readonly routes: readonly (RouteGlance & { readonly route: string })[]
  readonly processes: readonly ProcessGlance[]
  readonly progress: ReloadProgress | null
  /** Most first. */
  readonly retained: readonly Pick<Retained, 'kind' | 'route' | 'count' | 'oldestMs'>[]
  /** What is wrong, a line each. */
  readonly problems: readonly string[]
}

interface Ledger extends Counters {
  readonly draining: number
  readonly imbalances: readonly string[]
  readonly routes: Readonly<Record<string, RouteCounts>>
}

interface ServerStatus {
  readonly holdfast: string
  readonly node: string
  readonly pid: number
  readonly uptimeMs: number
  readonly ready: boolean
  /** Why not. */
  readonly notReady?: readonly HealthReason[]
  readonly connections: number
  readonly rssBytes: number
  readonly heapUsedBytes: number
  readonly heapLimitBytes: number
  readonly ledger: Ledger
}

interface Census {
  readonly report: { readonly retained: readonly Retained[] } | null
}

/** What one process says of itself; null what it does not. */
interface Details {
  readonly ledger: Ledger | null
  readonly census: Census | null
  readonly loop: LoopLook | null
  /** Does a drain go on? */
  readonly drains: boolean | null
}

interface SupervisorStatus extends RolloutStatus {
  readonly holdfast: string
  readonly node: string
  /** Why not. */
  readonly notReady?: readonly HealthReason[]
}

export type Status = SupervisorStatus | ServerStatus

export interface GlanceQuestion {
  readonly place: AdminPlace
  readonly token: string | undefined
  /** Ends it, with its reason. */
  readonly signal?: AbortSignal
}

const SILENCE_MS = 5_000
const AT_ONCE = 8
const NOBODY: Details = { ledger: null, census: null, loop: null, drains: null }

export function isSupervisor(status: Status): status is Exclude<Status, ServerStatus> {
  return 'workers' in status
}

/** @throws AskError nobody answers, or not with a status */
export async function askStatus(question: GlanceQuestion): Promise<Status> {
  const status = (await ask(question, '/status')) as unknown as Status
  if (isOurs(status)) return status
  throw new AskError(`what answers at port ${question.place.port} is no admin port of a Holdfast server`)
}

/** Another server may have words for something else. */
function isOurs(status: Status): boolean {
  if (!isSupervisor(status)) return Array.isArray(status.ledger?.imbalances)
  const { workers, givenUp, autopsies, totals } = status
  return [workers, givenUp, autopsies].every(Array.isArray) && typeof totals === 'object' && totals !== null
}

/** Of workers that serve: which are stuck, and which let nobody in, and why. */
export function troublesOf(workers: readonly WorkerStatus[]): string[] {
  return workers
    .filter(serves)
    .flatMap(({ slot, quietLooks = 0, notReady = [] }) => [
      ...(quietLooks < QUIET_LOOKS_MAX
        ? []
        : [`worker ${slot} is stuck: its event loop has not turned for about ${quietLooks} s`]),
      ...notReady.map(({ reason, detail }) => `worker ${slot} is not ready: ${reason}: ${detail}`),
    ])
}

/** Why nobody is let in, in one line; none: who comes is. */
export function hindrancesOf({ notReady = [] }: Pick<Status, 'notReady'>): string[] {
  return notReady.length === 0 ? [] : [`not ready: ${notReady.map(inWords).join('; ')}`]
}

/** @throws AskError */
export async function takeGlance(question: GlanceQuestion): Promise<Glance> {
  const status = await askStatus(question)
  return isSupervisor(status) ? ofSupervisor(question, status) : ofServer(question, status)
}

async function ofServer(question: GlanceQuestion, status: ServerStatus): Promise<Glance> {
  const { ledger, pid, connections, rssBytes, heapUsedBytes, heapLimitBytes, uptimeMs } = status
  const hindrances = hindrancesOf(status)
  const ready = status.ready && hindrances.length === 0
  const details = { ...(await detailsOf(question, LOOK_PATH)), ledger }
  // Over a limit, say, it is not ready and drains nobody.
  const state = ready ? 'serving' : (details.drains ?? ledger.draining > 0) ? 'draining' : 'not ready'
  const all = together([details])
  return {
    ...{
      kind: 'server',
      version: status.holdfast,
      node: status.node,
      state,
      ready,
      uptimeMs,
      at: null,
      generation: null,
    },
    ...{ connections, counters: countersOf(ledger), progress: null },
    ...{ ...all, problems: [...hindrances, ...all.problems] },
    processes: [
      {
        ...{ slot: null, generation: null, pid, state, stateMs: uptimeMs, connections },
        ...{ rssBytes, heapUsedBytes, heapLimitBytes, ...measured(details) },
      },
    ],
  }
}

async function ofSupervisor(question: GlanceQuestion, status: Exclude<Status, ServerStatus>): Promise<Glance> {
  const { workers, totals, listening, givenUp } = status
  const slots = [...new Set(workers.map(({ slot }) => slot))]
  // Bounded by the workers.
  const told = new Map<number, Details>()
  for (let from = 0; from < slots.length; from += AT_ONCE) {
    const some = slots
      .slice(from, from + AT_ONCE)
      .map(async (slot) => told.set(slot, await detailsOf(question, `/workers/${slot}${LOOK_PATH}`)))
    await Promise.all(some)
  }
  const all = together([...told.values()])
  const lost = givenUp.map(({ slot, reason }) => `worker ${slot} is not started any more: ${printableLine(reason)}`)
  const hindrances = hindrancesOf(status)
  const ready = status.ready && hindrances.length === 0
  const state = status.state === 'serving' && !ready ? 'not ready' : status.state
  // What keeps all of them from letting anybody in is said once.
  const troubles = [...(ready ? [] : hindrances), ...lost, ...(ready ? troublesOf(workers) : [])]
  return {
    ...{ kind: 'supervisor', version: status.holdfast, node: status.node, state, ready },
    ...{ uptimeMs: status.uptimeMs, generation: status.generation, connections: status.connections },
    at: listening === null ? null : `${listening.address} port ${listening.port}`,
    ...{ counters: countersOf(totals), progress: status.progress, ...all, problems: [...troubles, ...all.problems] },
    processes: workers.map((worker) => {
      const { slot, pid, generation, state, stateMs, connections, rssBytes, heapUsedBytes, heapLimitBytes } = worker
      // While one takes over from another, who has answered is not known.
      const isAlone = workers.filter((other) => other.slot === slot).length === 1
      return {
        ...{ slot, pid, generation, state, stateMs, connections, rssBytes, heapUsedBytes, heapLimitBytes },
        ...measured((isAlone ? told.get(slot) : undefined) ?? NOBODY),
      }
    }),
  }
}

async function detailsOf(question: GlanceQuestion, path: string): Promise<Details> {
  const answer = await tryTo<LookAnswer>(question, path)
  if (answer === null) return NOBODY
  const { server, loop } = answer.look
  const drains = server === null ? null : server.drain !== null && server.drain.report === null
  return { ledger: server?.ledger ?? null, census: server?.census ?? null, loop, drains }
}

function measured({ loop, census }: Details): Pick<ProcessGlance, 'loop' | 'retained'> {
  const retained = census?.report?.retained.reduce((sum, { count }) => sum + count, 0) ?? null
  return { loop, retained }
}

/** Of several processes. */
function together(all: readonly Details[]): Pick<Glance, 'routes' | 'retained' | 'problems'> {
  // Bounded by the routes, and by the kinds of what is retained; they end with the glance.
  const routes = new Map<string, RouteGlance>()
  const retained = new Map<string, Glance['retained'][number]>()
  for (const { ledger, census } of all) {
    for (const [route, counts] of Object.entries(ledger?.routes ?? {}))
      routes.set(route, sum(routes.get(route), counts))
    for (const { kind, route, count, oldestMs } of census?.report?.retained ?? []) {
      const before = retained.get(`${kind} ${route}`)
      const oldest = Math.max(before?.oldestMs ?? 0, oldestMs)
      retained.set(`${kind} ${route}`, { kind, route, count: count + (before?.count ?? 0), oldestMs: oldest })
    }
  }
  const silent = all.filter(({ ledger }) => ledger === null).length
  return {
    routes: [...routes].map(([route, counts]) => ({ route, ...counts })).sort((a, b) => b.open - a.open),
    retained: [...retained.values()].sort((a, b) => b.count - a.count),
    problems: [
      ...all.flatMap(({ ledger }) => ledger?.imbalances ?? []).map((law) => `the ledger does not balance: ${law}`),
      ...(silent === 0 ? [] : [`${silent} of ${all.length} workers did not say what they have`]),
    ],
  }
}

function sum(before: RouteGlance | undefined, counts: RouteCounts): RouteGlance {
  const of = (name: keyof RouteGlance): number => (before?.[name] ?? 0) + counts[name]
  return {
    ...{ opening: of('opening'), open: of('open'), draining: of('draining') },
    ...{ moving: of('moving'), closing: of('closing') },
  }
}

function countersOf(counts: Readonly<Partial<Counters>>): Counters {
  return Object.fromEntries(COUNTERS.map((name) => [name, counts[name] ?? 0])) as Counters
}

/** Null when it is not to be had: there may be no such worker any more. */
async function tryTo<Answer>(question: GlanceQuestion, path: string): Promise<Answer | null> {
  try {
    return (await ask(question, path)) as Answer
  } catch (thrown) {
    if (thrown instanceof AskError || thrown instanceof SyntaxError) return null
    throw thrown
  }
}

function ask(question: GlanceQuestion, path: string): Promise<Readonly<Record<string, unknown>>> {
  return askOnce({ ...question, method: 'GET', path, silenceMs: SILENCE_MS })
}
