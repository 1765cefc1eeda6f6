/**
 * The report of a drain: what became of each connection, who was slowest, what had to be cut short. Counted as they go.
 * Owned by the drain; plain data when it has ended, and keeps no connection.
 */

/** What became of connections. `finished`, `forced`, `moved` and `gone` add up to `total`. */
export interface DrainCounts {
  /** Open, draining, closing (or moving) when the drain began. */
  readonly total: number
  /** Had their turn: what they were doing had ended, and what was sent had been written, before they were closed. */
  readonly finished: number
  /** Cut short: something of theirs still ran, or waited to be written. */
  readonly forced: number
  /** Taken over by another process. */
  readonly moved: number
  /** Had left by themselves, or were leaving already. */
  readonly gone: number
}

/** What had to be cut short, added up. */
export interface ForcedWork {
  readonly route: string
  /** A handler (`message`, `drain`, …), a task, or messages that its peer did not read. */
  readonly kind: 'handler' | 'task' | 'outbox'
  /** Of the handler or the task. */
  readonly name: string
  /** On so many connections. */
  readonly connections: number
  /** How long the oldest of them had been running. */
  readonly oldestMs: number
}

/** One that took long. */
export interface DrainedSlowly {
  readonly id: string
  readonly route: string
  /** From its turn until it was closed. */
  readonly ms: number
  /** What took most of it: a handler by name, `tasks`, `outbox`, or `closing`: the closing handshake and what comes behind. */
  readonly why: string
}

/** What `server.drain()` resolves with. */
export interface DrainReport extends DrainCounts {
  readonly durationMs: number
  /** The same counts by route; routes that had no connection are left out. */
  readonly byRoute: Readonly<Record<string, DrainCounts>>
  /** At most ten, the slowest first. */
  readonly slowest: readonly DrainedSlowly[]
  /** At most fifty kinds of work, the most frequent first; what is beyond is under the name `others`. */
  readonly forcedBy: readonly ForcedWork[]
}

export type Outcome = 'finished' | 'forced' | 'moved' | 'gone'

type Tally = { -readonly [Key in keyof DrainCounts]: number }

const SLOWEST_MAX = 10
const FORCED_MAX = 50

export class DrainTally {
  readonly #all: Tally = nothing()
  // Bounded by the routes.
  readonly #routes = new Map<string, Tally>()
  // At most FORCED_MAX, and one more.
  readonly #forced = new Map<string, { -readonly [Key in keyof ForcedWork]: ForcedWork[Key] }>()
  /** At most SLOWEST_MAX, the slowest first. */
  readonly #slowest: DrainedSlowly[] = []

  /** One that is there when the drain begins. */
  begin(route: string): void {
    this.#all.total++
    this.#tally(route).total++
  }

  end(route: string, outcome: Outcome): void {
    this.#all[outcome]++
    this.#tally(route)[outcome]++
  }

  force(route: string, kind: ForcedWork['kind'], name: string, ageMs: number): void {
    const key = `${route} ${kind} ${name}`
    let work = this.#forced.get(key)
    if (work === undefined && this.#forced.size >= FORCED_MAX && name !== 'others') {
      this.force(route, kind, 'others', ageMs)
      return
    }
    if (work === undefined) {
      work = { route, kind, name, connections: 0, oldestMs: 0 }
      this.#forced.set(key, work)
    }
    work.connections++
    work.oldestMs = Math.max(work.oldestMs, Math.round(ageMs))
  }

  took(slow: DrainedSlowly): void {
    const place = this.#slowest.findIndex(({ ms }) => ms < slow.ms)
    if (place === -1) this.#slowest.push(slow)
    else this.#slowest.splice(place, 0, slow)
    if (this.#slowest.length > SLOWEST_MAX) this.#slowest.pop()
  }

  report(durationMs: number): DrainReport {
    return {
      ...this.#all,
      durationMs,
      byRoute: Object.fromEntries(this.#routes),
      slowest: this.#slowest,
      forcedBy: [...this.#forced.values()].sort((a, b) => b.connections - a.connections),
    }
  }

  #tally(route: string): Tally {
    let tally = this.#routes.get(route)
    if (tally === undefined) {
      tally = nothing()
      this.#routes.set(route, tally)
    }
    return tally
  }
}

function nothing(): Tally {
  return { total: 0, finished: 0, forced: 0, moved: 0, gone: 0 }
}
