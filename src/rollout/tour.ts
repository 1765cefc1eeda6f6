/**
 * In which order a worker moves its connections: first those at rest, in batches; then it stops listening, and moves those that came
 * meanwhile, and those whose clients are slow to read; then those with tasks, which are told to stop; then it waits for those whose
 * handlers run. What cannot move
 * is left for the drain, and counted by reason.
 *
 * Owned by the old worker. Ends when nothing is left that could move, when the time for busy ones is over, when the new worker
 * is gone, or by `stop()`.
 */
import type { Clock } from '../base/clock.ts'
import type { Connection } from '../connection/connection.ts'
import type { Departures } from '../server/internals.ts'
import { type Departing, pause } from './departing.ts'
import type { MoveReport } from './move-report.ts'

export interface TourInit {
  readonly departing: Pick<Departing, 'expect' | 'move' | 'forget' | 'problem' | 'unanswered'>
  readonly departures: Departures
  readonly clock: Clock
  /** How long to wait for handlers that run, and for requests that are on their way. */
  readonly busyMs: number
  stopListening(): void
  /** Upgrade requests that are not answered yet, and sockets of which one may still come. */
  coming(): Promise<{ readonly openings: number; readonly strangers: number }>
  tourOnProgress(moved: number, total: number): void
}

/** So many clients wait at once. */
const BATCH = 64
/** Batches, so that neither worker waits for the other. */
const UNDER_WAY = 3
/** As long as we listen there is always somebody new. */
const ROUNDS_MAX = 10
/** At rest means at rest: this is for what comes in between. Everybody in a batch waits for the slowest. */
const REST_MS = 50
/** How long the socket of a slow reader may take to take what it was given. */
const READER_MS = 250
const TASKS_MS = 5_000
/** Whoever has connected before we stopped listening has sent its request by then, or is no WebSocket client. */
const STRANGERS_MS = 2_000
const PAUSE_MS = 25
const PROGRESS_MS = 100

/** Why one has not moved this time, but may the next. */
const MOMENTARY: ReadonlySet<string> = new Set(['busy', 'slow', 'sync'])

/** What a connection has to be busy with, at most, to be moved in a round. */
type Patience = 'rest' | 'handler' | 'reader' | 'tasks'

export class Tour {
  readonly #init: TourInit
  #moved = 0
  /** In batches under way: no longer among those that could move, and not moved yet. */
  #leaving = 0
  #lastMoveAt = 0
  #toldAt = Number.NEGATIVE_INFINITY
  #stopped = false
  /** Whose tasks were told to stop, and did not: once is enough. */
  // Bounded by the connections of this worker; ends with the tour.
  readonly #stubborn = new Set<string>()
  /** Refused by the new worker: it would refuse them again. */
  // Bounded by the connections of this worker; ends with the tour.
  readonly #refused = new Map<string, string>()

  constructor(init: TourInit) {
    this.#init = init
  }

  /** Nothing more moves than what is under way. */
  stop(): void {
    this.#stopped = true
  }

  async run(): Promise<MoveReport> {
    const { clock, busyMs, stopListening } = this.#init
    const startedAt = clock.now()
    // The bulk. Whoever comes meanwhile comes to one of two that listen.
    for (let round = 0; round < ROUNDS_MAX && (await this.#round('rest')) > 0; round++);
    if (this.#over) return this.#report(startedAt)
    stopListening()
    const strangersUntil = clock.now() + STRANGERS_MS
    const busyUntil = clock.now() + busyMs
    while (!this.#over) {
      let moved = await this.#round('rest')
      moved += await this.#round('handler')
      moved += await this.#round('reader')
      moved += await this.#round('tasks')
      const now = clock.now()
      const { openings, strangers } = await this.#init.coming()
      const coming = openings > 0 || (strangers > 0 && now < strangersUntil)
      if (moved === 0 && !coming && !this.#anyLeft()) break
      if (now >= busyUntil) break
      if (moved === 0) await pause(clock, PAUSE_MS)
    }
    return this.#report(startedAt)
  }

  get #over(): boolean {
    return this.#stopped || this.#init.departing.problem !== null
  }

  /** One look at all connections. While a batch moves, the next are announced and come to rest. @returns how many have moved */
  async #round(patience: Patience): Promise<number> {
    const before = this.#moved
    const underWay: Promise<void>[] = []
    for (const batch of this.#batches(patience)) {
      underWay.push(this.#move(batch, patience))
      if (underWay.length === UNDER_WAY) await underWay.shift()
    }
    await Promise.all(underWay)
    return this.#moved - before
  }

  *#batches(patience: Patience): IterableIterator<readonly Connection[]> {
    let batch: Connection[] = []
    for (const connection of this.#init.departures.connections()) {
      if (this.#over) return
      if (!this.#fits(connection, patience)) continue
      batch.push(connection)
      if (batch.length < BATCH) continue
      yield batch
      batch = []
    }
    if (batch.length > 0) yield batch
  }

  async #move(batch: readonly Connection[], patience: Patience): Promise<void> {
    const { departing, departures, clock } = this.#init
    try {
      await departing.expect(batch.map((one) => [one.id, departures.topicsOf(one)]))
    } catch {
      // Whoever did not answer has a chance to in the next round; a lane that has ended has none.
      departing.forget(batch.map(({ id }) => id))
      return
    }
    const freezeMs = patience === 'tasks' ? TASKS_MS : REST_MS
    this.#leaving += batch.length
    const { moved, stayed } = await departing.move(batch, freezeMs, patience === 'reader' ? READER_MS : REST_MS)
    this.#leaving -= batch.length
    this.#moved += moved
    const now = clock.now()
    if (moved > 0) this.#lastMoveAt = now
    for (const [id, why] of stayed) {
      if (!MOMENTARY.has(why)) this.#refused.set(id, why)
      else if (patience === 'tasks') this.#stubborn.add(id)
    }
    if (now - this.#toldAt >= PROGRESS_MS) this.#tell(now)
  }

  #fits(connection: Connection, patience: Patience): boolean {
    const { departures } = this.#init
    if (this.#refused.has(connection.id) || departures.obstacle(connection) !== null) return false
    const waitsFor = departures.waitsFor(connection)
    if (waitsFor === null) return patience === 'rest'
    if (waitsFor === 'tasks') return patience === 'tasks' && !this.#stubborn.has(connection.id)
    return patience === waitsFor
  }

  /** Could one of those that are left still move? */
  #anyLeft(): boolean {
    const { departures } = this.#init
    for (const connection of departures.connections()) {
      if (this.#refused.has(connection.id) || this.#stubborn.has(connection.id)) continue
      if (departures.obstacle(connection) === null) return true
    }
    return false
  }

  #tell(now: number): void {
    this.#toldAt = now
    let left = this.#leaving
    for (const _ of this.#init.departures.connections()) left++
    this.#init.tourOnProgress(this.#moved, this.#moved + left)
  }

  #report(startedAt: number): MoveReport {
    const { departures, departing, clock } = this.#init
    const stayed: Record<string, number> = {}
    let left = 0
    for (const connection of departures.connections()) {
      const reason = departures.obstacle(connection) ?? this.#reasonOf(connection)
      stayed[reason] = (stayed[reason] ?? 0) + 1
      left++
    }
    this.#init.tourOnProgress(this.#moved, this.#moved + left)
    return {
      ...{ moved: this.#moved, total: this.#moved + left + departing.unanswered, stayed },
      ...{ unanswered: departing.unanswered, durationMs: Math.round(clock.now() - startedAt) },
      movingMs: Math.max(0, Math.round(this.#lastMoveAt - startedAt)),
      stopped: departing.problem ?? (this.#stopped ? 'told to stop' : null),
    }
  }

  #reasonOf({ id }: Connection): string {
    return this.#refused.get(id) ?? (this.#stubborn.has(id) ? 'tasks' : 'busy')
  }
}
