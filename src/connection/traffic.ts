/**
 * What the connections of a server did, as far as nobody counts it anyway: how long handlers and handshakes took, how connections ended by
 * route, how long pongs took, the bytes of sockets that have gone.
 *
 * There is none until somebody wants to know; then one for the server, which it ends with. Numbers in place: nothing is allocated for a
 * message. Times come from the clock, because the wheel's moves in steps.
 *
 * To read the clock twice for each message would be a tenth of all that an echo takes. So handlers that return at once, while one read of a
 * socket is worked off, are timed together, a few at a time: their number and their sum are right. Where that was not quick, one of them is
 * said to have taken all of it, and the next are timed one by one.
 */
import { type BucketFigures, Buckets } from '../base/buckets.ts'
import type { Ending } from '../protocol/ending.ts'
import type { Life } from './life.ts'

/** Bounds in seconds. */
export const HANDLER_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
export const HANDSHAKE_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
export const PING_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Handlers that are timed together, and up to when nobody need know which of them it was: the lowest of the bounds. */
const TOGETHER_MAX = 16
const QUICK_MS = 1

/** Clients choose among 2,000 codes from 3000 on: so many of them are counted one by one, each a row for every route and side. */
export const FREE_CODES_MAX = 20
export const FREE_CODE_MIN = 3000
export const OTHER = 'other'

export interface ClosedCount {
  /** The close code, or `other`. */
  readonly code: string
  readonly by: Ending['by']
  readonly count: number
}

/** What was counted of one route. */
export interface RouteTraffic {
  readonly opened: number
  readonly closed: readonly ClosedCount[]
  /** Errors of user code that were announced. */
  readonly errors: number
  readonly handlers: BucketFigures
  readonly handshakes: BucketFigures
}

class RouteCounts {
  opened = 0
  errors = 0
  readonly handlers = new Buckets(HANDLER_SECONDS)
  readonly handshakes = new Buckets(HANDSHAKE_SECONDS)
  // Bounded by the codes below 3000, FREE_CODES_MAX and `other`, and within by the three sides.
  readonly closed = new Map<string, Map<Ending['by'], number>>()

  figures(): RouteTraffic {
    const closed = [...this.closed].flatMap(([code, sides]) => [...sides].map(([by, count]) => ({ code, by, count })))
    const { opened, errors, handlers, handshakes } = this
    return { opened, closed, errors, handlers: handlers.figures(), handshakes: handshakes.figures() }
  }
}

export class Traffic {
  /** Milliseconds that only grow. */
  readonly now: () => number
  readonly pings = new Buckets(PING_SECONDS)
  /** Of connections that have gone. */
  receivedBytes = 0
  sentBytes = 0
  // Bounded by the routes that are declared, and one for none.
  readonly #routes = new Map<string, RouteCounts>()
  /** That of the route that was asked for last: mostly it is asked for again. */
  #latestRoute: string | null = null
  #latest = new RouteCounts()
  // Bounded by FREE_CODES_MAX.
  readonly #freeCodes = new Set<number>()
  /** The route of the connection whose bytes are worked off; null between two reads. */
  #reading: string | null = null
  /** Since when those run that are timed together, or 0; how many of them have returned; how many that may be. */
  #since = 0
  #returned = 0
  #togetherMax = TOGETHER_MAX

  constructor(now: () => number) {
    this.now = now
  }

  /** An upgrade request was answered with 101. @param cameAt when it came; null: it came before anybody wanted to know */
  opened(route: string, cameAt: number | null): void {
    const counts = this.#of(route)
    counts.opened++
    if (cameAt !== null) counts.handshakes.add((this.now() - cameAt) / 1_000)
  }

  /** What was read of a socket is worked off from here on, until `readEnds()`. */
  readBegins(route: string): void {
    this.#reading = route
    this.#since = 0
    this.#returned = 0
  }

  readEnds(): void {
    if (this.#returned > 0) this.#timeReturned()
    this.#reading = null
  }

  /** @returns since when the handler runs, which is to be given back; those who are timed together began with the first of them */
  handlerBegins(route: string): number {
    if (route !== this.#reading) return this.now()
    if (this.#since === 0) this.#since = this.now()
    return this.#since
  }

  /** It has returned, and no promise. */
  handlerReturned(route: string, beganAt: number): void {
    if (route !== this.#reading || beganAt !== this.#since) this.handled(route, beganAt)
    else if (++this.#returned >= this.#togetherMax) this.#timeReturned()
  }

  /** A handler has finished, or thrown, or was left behind by its connection. */
  handled(route: string, beganAt: number): void {
    this.#of(route).handlers.add((this.now() - beganAt) / 1_000)
  }

  /** An error of user code. @param route the empty string for none */
  erred(route: string): void {
    this.#of(route).errors++
  }

  /** A connection is closed, or, with null, has moved to another process. */
  ended({ route, socket }: Life, ending: Ending | null): void {
    this.receivedBytes += socket.bytesRead ?? 0
    this.sentBytes += socket.bytesWritten ?? 0
    if (ending === null) return
    const { closed } = this.#of(route.path)
    const code = this.#codeKey(ending.code)
    let sides = closed.get(code)
    if (sides === undefined) {
      sides = new Map()
      closed.set(code, sides)
    }
    sides.set(ending.by, (sides.get(ending.by) ?? 0) + 1)
  }

  /** What was counted until now, by route. */
  routes(): Readonly<Record<string, RouteTraffic>> {
    return Object.fromEntries([...this.#routes].map(([path, counts]) => [path, counts.figures()]))
  }

  #timeReturned(): void {
    const tookMs = this.now() - this.#since
    const { handlers } = this.#of(this.#reading as string)
    handlers.add(tookMs / 1_000)
    if (this.#returned > 1) handlers.add(0, this.#returned - 1)
    this.#togetherMax = tookMs < QUICK_MS ? Math.min(this.#togetherMax * 2, TOGETHER_MAX) : 1
    this.#since = 0
    this.#returned = 0
  }

  #of(route: string): RouteCounts {
    if (route === this.#latestRoute) return this.#latest
    let counts = this.#routes.get(route)
    if (counts === undefined) {
      counts = new RouteCounts()
      this.#routes.set(route, counts)
    }
    this.#latestRoute = route
    this.#latest = counts
    return counts
  }

  #codeKey(code: number): string {
    if (code < FREE_CODE_MIN || this.#freeCodes.has(code)) return String(code)
    if (this.#freeCodes.size === FREE_CODES_MAX) return OTHER
    this.#freeCodes.add(code)
    return String(code)
  }
}
