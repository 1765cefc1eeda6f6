/**
 * What `server.ledger()` answers: the counters, the laws that do not hold, and what each route has.
 * Made when asked; nothing to end.
 */
import type { Life } from '../connection/life.ts'
import type { LedgerCounts } from '../hub/ledger.ts'
import { NO_ROUTE, type RouteCounts, RouteTally } from '../hub/route-counts.ts'
import { NO_RECLAIMS, type ReclaimCounts } from '../resilience/reclaim.ts'
import type { LimitCounts } from './limit-names.ts'
import type { ServerContext } from './server-context.ts'

/** What the ledger says at one moment. */
export interface ServerLedger extends LedgerCounts {
  /** Empty, or there is a bug in this library. */
  readonly imbalances: readonly string[]
  readonly reclaims: ReclaimCounts
  /** By limit, how often it was reached: refused, or only warned about (`warnOnly`). */
  readonly limits: LimitCounts
  /**
   * By route, what is there. Counted when this property is read, by looking at every connection: 4 to 8 ms for 100,000.
   * Requests for no route that wait for their socket to close are under `no route`.
   */
  readonly routes: Readonly<Record<string, RouteCounts>>
}

type Seen = Pick<
  ServerContext,
  'ledger' | 'reclaim' | 'admission' | 'routes' | 'hub' | 'openings' | 'wheel' | 'wallNow'
>

export function serverLedger(context: Seen): ServerLedger {
  const { ledger, reclaim, admission } = context
  return {
    ...ledger.counts(),
    imbalances: ledger.imbalances(),
    reclaims: reclaim?.counts() ?? NO_RECLAIMS,
    limits: admission.counts(),
    get routes() {
      return routeCounts(context)
    },
  }
}

/**
 * How many sockets we have by looking at everything that has one, which must be what the ledger counts: not to be asked
 * while an upgrade is answered.
 */
export function socketsSeen(context: Pick<ServerContext, 'hub' | 'openings' | 'arrivals'>): number {
  let sockets = context.openings.size + context.arrivals.sockets.size
  for (const life of context.hub.lives()) if (hasSocket(life)) sockets++
  return sockets
}

/** These two steps of the ending chain come after the socket's `close`. */
export function hasSocket({ state }: Life): boolean {
  return state.name !== 'closing' || (state.step !== 'join' && state.step !== 'farewell')
}

function routeCounts(context: Seen): ServerLedger['routes'] {
  const tally = new RouteTally(context.routes.paths)
  const wall = context.wallNow()
  for (const life of context.hub.lives()) tallyLife(tally, life, wall)
  tallyOpenings(tally, context)
  return tally.counts()
}

/** @param wall the time of day, in milliseconds */
export function tallyLife(tally: RouteTally, { state, route, connection }: Life, wall: number): void {
  if (state.name === 'closed' || state.name === 'moved') return
  // The wall clock may have jumped.
  tally.add(route.path, state.name, Math.max(0, wall - connection.openedAt))
}

/** The upgrade requests that wait for their answer, or for their socket to close. */
export function tallyOpenings(tally: RouteTally, { routes, openings, wheel }: Seen): void {
  for (const [opening, since] of openings) {
    const route = routes.match(opening.path)?.route.path ?? NO_ROUTE
    tally.add(route, opening.answered ? 'leaving' : 'opening', wheel.now - since)
  }
}
