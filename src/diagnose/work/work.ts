/**
 * Work: what the scopes of a server hold, which handlers run, which have outlived their connections, and what waits for ever.
 * With the lines of code it comes from, as far as they came after this was made.
 *
 * Made for one server, and told by it from then on. Owned by whoever made it; ends with `end()`. Keeps strings and numbers:
 * no scope, no promise, no connection.
 */
import type { Held } from '../../base/scope-context.ts'
import type { ServerInternals, WorkObserver, WorkVisitor } from '../../server/internals.ts'
import type { TaskSample } from '../pprof/tasks-profile.ts'
import { Abandoned, type AbandonedOwner } from './abandoned.ts'
import { type CallSite, CallSites, siteOf } from './call-sites.ts'

/** Things of one kind and name, on one route. */
export interface WorkGroup {
  /** `server` for what belongs to no connection. */
  readonly route: string
  readonly kind: Held['kind'] | 'handler'
  readonly name: string
  readonly count: number
  readonly oldestMs: number
  /** Ages of all of them together. */
  readonly ageMs: number
  /** Where it was put there, when that was seen; of a handler, where its route was declared. */
  readonly lines: readonly CallSite[]
}

export interface WorkReport {
  /** What scopes hold: timers, listeners, tasks, deferred releases, resources. */
  readonly held: readonly WorkGroup[]
  /** Handlers that run, and how many of them are past handlerTimeoutMs. */
  readonly running: readonly (WorkGroup & { readonly overdue: number })[]
  /** Handlers that still run, although their connection has gone. */
  readonly left: readonly WorkGroup[]
  /** Tasks, and handlers that had outlived their connection, that were collected while pending: each waited for what can never come. */
  readonly abandoned: readonly (Omit<WorkGroup, 'oldestMs' | 'ageMs'> & { readonly lastMsAgo: number })[]
  /** Names of which no line was kept, because there were too many. */
  readonly namesWithoutLine: number
}

/** Handlers that have left are kept apart up to so many. */
const LEFT_MAX = 10_000
const ABANDONED_MAX = 1_000

interface Left {
  readonly key: string
  readonly since: number
}

export type WorkSource = Pick<ServerInternals, 'work' | 'observe' | 'declaredAt'>

export class Work implements WorkObserver, AbandonedOwner {
  readonly #internals: WorkSource
  readonly #now: () => number
  readonly #unobserve: () => void
  readonly #sites = new CallSites()
  readonly #abandoned: Abandoned
  // Removed by: its end, or its collection. Bounded by LEFT_MAX.
  readonly #left = new Map<number, Left>()
  readonly #numbers = new WeakMap<object, number>()
  #lastNumber = 0
  // Bounded by ABANDONED_MAX; never shrinks.
  readonly #found = new Map<string, { count: number; at: number }>()

  /** @param now milliseconds, for ages */
  constructor(internals: WorkSource, now: () => number) {
    this.#internals = internals
    this.#now = now
    this.#abandoned = new Abandoned(this)
    this.#unobserve = internals.observe(this)
  }

  /** Looks at everything there is now: a few milliseconds for thousands of connections. */
  report(): WorkReport {
    const now = this.#now()
    const look = new Look()
    this.#internals.work(look)
    const left = new Groups()
    for (const { key, since } of this.#left.values()) left.add(key, now - since)
    return {
      held: look.held.list((key) => this.#sites.of(key)),
      running: look.running
        .list((key) => this.#declared(key))
        .map((group) => {
          return { ...group, overdue: look.overdue.get(keyOf(group.route, group.kind, group.name)) ?? 0 }
        }),
      left: left.list((key) => this.#declared(key)),
      abandoned: [...this.#found].map(([key, { count, at }]) => {
        const parts = partsOf(key)
        const lines = parts.kind === 'handler' ? this.#declared(key) : this.#sites.of(key)
        return { ...parts, count, lastMsAgo: Math.round(now - at), lines }
      }),
      namesWithoutLine: this.#sites.dropped,
    }
  }

  #declared(key: string): CallSite[] {
    const stack = this.#internals.declaredAt(partsOf(key).route)
    const site = stack === undefined ? null : siteOf(stack)
    return site === null ? [] : [site]
  }

  /** What is under way, for the profile `tasks`. */
  samples(): TaskSample[] {
    const { held, running, left } = this.report()
    return [...held, ...running, ...left].map(({ name, kind, route, lines: [line], ageMs, count }) => ({
      ...{ name, kind, route, ageMs, count },
      ...{ file: line?.file ?? '', line: line?.line ?? 0, function: line?.function ?? '' },
    }))
  }

  end(): void {
    this.#unobserve()
    this.#abandoned.end()
    this.#left.clear()
  }

  scopeOnAdded(label: string, kind: Held['kind'], name: string): void {
    this.#sites.note(keyOf(label, kind, name))
  }

  taskOnStarted(label: string, name: string, promise: Promise<unknown>): void {
    this.#abandoned.watch(promise, keyOf(label, 'task', name))
  }

  taskOnSettled(promise: Promise<unknown>): void {
    this.#abandoned.settled(promise)
  }

  handlerOnLeft(route: string, handler: string, turn: object): void {
    if (this.#left.size >= LEFT_MAX) return
    const number = ++this.#lastNumber
    this.#left.set(number, { key: keyOf(route, 'handler', handler), since: this.#now() })
    this.#numbers.set(turn, number)
    // Its promise keeps the turn, and nobody else does.
    this.#abandoned.watch(turn, String(number))
  }

  handlerOnDone(turn: object): void {
    const number = this.#numbers.get(turn)
    if (number === undefined) return
    this.#left.delete(number)
    this.#abandoned.settled(turn)
  }

  abandonedOnFound(note: string): void {
    const left = this.#left.get(Number(note))
    if (left !== undefined) this.#left.delete(Number(note))
    const key = left?.key ?? note
    const found = this.#found.get(key)
    if (found === undefined && this.#found.size >= ABANDONED_MAX) return
    this.#found.set(key, { count: (found?.count ?? 0) + 1, at: this.#now() })
  }
}

const SEPARATOR = '\0'

function keyOf(route: string, kind: string, name: string): string {
  return `${route}${SEPARATOR}${kind}${SEPARATOR}${name}`
}

function partsOf(key: string): Pick<WorkGroup, 'route' | 'kind' | 'name'> {
  const [route = '', kind = '', ...name] = key.split(SEPARATOR)
  return { route, kind: kind as WorkGroup['kind'], name: name.join(SEPARATOR) }
}

/** Counts and greatest ages, by key. Made for one report. */
class Groups {
  // Bounded by the names of one report; goes with it.
  readonly #groups = new Map<string, { count: number; oldestMs: number; ageMs: number }>()

  add(key: string, ageMs: number): void {
    const group = this.#groups.get(key)
    if (group === undefined) this.#groups.set(key, { count: 1, oldestMs: ageMs, ageMs })
    else {
      group.count++
      group.ageMs += ageMs
      group.oldestMs = Math.max(group.oldestMs, ageMs)
    }
  }

  /** Most numerous first. */
  list(lines: (key: string) => readonly CallSite[]): WorkGroup[] {
    return [...this.#groups]
      .map(([key, { count, oldestMs, ageMs }]) => ({
        ...partsOf(key),
        ...{ count, oldestMs: Math.round(oldestMs), ageMs: Math.round(ageMs), lines: lines(key) },
      }))
      .sort((a, b) => b.count - a.count || (keyOf(a.route, a.kind, a.name) < keyOf(b.route, b.kind, b.name) ? -1 : 1))
  }
}

/** One look at a server. */
class Look implements WorkVisitor {
  readonly held = new Groups()
  readonly running = new Groups()
  // Bounded by the names of one report; goes with it.
  readonly overdue = new Map<string, number>()

  workOnHeld(label: string, { kind, name, ageMs }: Held): void {
    this.held.add(keyOf(label, kind, name), ageMs)
  }

  workOnHandler(route: string, handler: string, ageMs: number, overdue: boolean): void {
    const key = keyOf(route, 'handler', handler)
    this.running.add(key, ageMs)
    if (overdue) this.overdue.set(key, (this.overdue.get(key) ?? 0) + 1)
  }
}
