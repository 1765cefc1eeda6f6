/**
 * What a worker tells its supervisor of itself, once a second: how much it holds, and the counters of its ledger that only grow.
 * Functions; nothing to end.
 */
import { INTERNALS } from '../server/internals.ts'
import type { NotReady } from '../server/readiness.ts'
import type { WorkerFigures } from './control.ts'
import { heapFigures } from './heap-figures.ts'
import type { ServedServer } from './served-server.ts'

/** Of a ledger, what only grows. */
const COUNTERS = [
  ...(['upgrades', 'refused', 'failed', 'accepted', 'adopted', 'moved', 'closed', 'openHooks', 'closeHooks'] as const),
  ...(['messagesReceived', 'messagesSent', 'messagesDropped', 'messagesDiscarded'] as const),
]

export function figuresOf(server: ServedServer): WorkerFigures {
  const ledger = server.ledger()
  const counters: Record<string, number> = {}
  for (const name of COUNTERS) {
    const count: unknown = ledger[name]
    if (typeof count === 'number') counters[name] = count
  }
  return {
    ...{ connections: server.connections.size, rooms: server.roomCount, rssBytes: process.memoryUsage.rss(), counters },
    imbalances: ledger.imbalances,
    notReady: server[INTERNALS].notReady().filter(({ reason }) => reason !== 'starting'),
    ...heapFigures([process.env.NODE_OPTIONS ?? '', ...process.execArgv].join(' ')),
  }
}

/** Conditions of the app that do not hold, in words. */
export function unmet(notReady: readonly NotReady[]): string[] {
  return notReady.filter(({ reason }) => reason === 'condition').map(({ detail }) => detail)
}
