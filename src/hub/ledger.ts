/**
 * The ledger: the running count of everything that began and must end (DESIGN section 3).
 *
 * Counters only, no objects. Its laws hold at every moment; `imbalances()` names those that do not, which would be a bug
 * of the library. Owned by the server.
 */
import type { ConnectionLedger } from '../connection/connection-context.ts'
import type { StateName } from '../connection/state.ts'

/** The counts at one moment. */
export interface LedgerCounts {
  /** Upgrade requests that came to us. */
  readonly upgrades: number
  /** Upgrade requests not answered yet. */
  readonly opening: number
  /** Upgrade requests refused with a status. */
  readonly refused: number
  /** Refused, by status. */
  readonly refusedByStatus: Readonly<Record<string, number>>
  /** Upgrade requests whose peer left, or whose deadline passed, before 101. */
  readonly failed: number
  /** Upgrade requests answered with 101. */
  readonly accepted: number
  readonly open: number
  readonly draining: number
  readonly closing: number
  readonly closed: number
  readonly openHooks: number
  readonly closeHooks: number
  /** Sockets whose descriptor we hold: of connections and of upgrade requests. */
  readonly sockets: number
  readonly messagesReceived: number
  readonly messagesSent: number
  /** Not sent, because the reader was too slow. */
  readonly messagesDropped: number
  /** Received, but not handled, because the connection was lost or ended before. */
  readonly messagesDiscarded: number
}

export class Ledger implements ConnectionLedger {
  upgrades = 0
  opening = 0
  refused = 0
  failed = 0
  accepted = 0
  open = 0
  draining = 0
  closing = 0
  closed = 0
  openHooks = 0
  closeHooks = 0
  sockets = 0
  messagesReceived = 0
  messagesSent = 0
  messagesDropped = 0
  messagesDiscarded = 0
  // Bounded by the statuses reject() allows; never shrinks.
  readonly #refusedByStatus = new Map<number, number>()

  connectionMoved(from: StateName, to: StateName): void {
    this[from]--
    this[to]++
  }

  /** Messages were not sent to a slow reader. */
  messageDropped(_route: string, _reason: string, count = 1): void {
    this.messagesDropped += count
  }

  upgradeCame(): void {
    this.upgrades++
    this.opening++
  }

  upgradeRefused(status: number): void {
    this.opening--
    this.refused++
    this.#refusedByStatus.set(status, (this.#refusedByStatus.get(status) ?? 0) + 1)
  }

  upgradeFailed(): void {
    this.opening--
    this.failed++
  }

  upgradeAccepted(): void {
    this.opening--
    this.accepted++
    this.open++
  }

  counts(): LedgerCounts {
    const { upgrades, opening, refused, failed, accepted, open, draining, closing, closed } = this
    const { openHooks, closeHooks, sockets, messagesReceived, messagesSent, messagesDropped, messagesDiscarded } = this
    return {
      ...{ upgrades, opening, refused, refusedByStatus: Object.fromEntries(this.#refusedByStatus), failed, accepted },
      ...{ open, draining, closing, closed, openHooks, closeHooks, sockets },
      ...{ messagesReceived, messagesSent, messagesDropped, messagesDiscarded },
    }
  }

  /** The laws that do not hold, each as a sentence with its numbers. Empty when all is well. */
  imbalances(): string[] {
    return imbalancesOf(this.counts())
  }
}

/** The laws of the ledger. */
export function imbalancesOf(counts: LedgerCounts): string[] {
  const living = counts.open + counts.draining + counts.closing
  const laws: readonly (readonly [string, number, number])[] = [
    [
      'upgrades = opening + refused + failed + accepted',
      counts.upgrades,
      counts.opening + counts.refused + counts.failed + counts.accepted,
    ],
    ['accepted = open + draining + closing + closed', counts.accepted, living + counts.closed],
    ['open hooks = close hooks + open + draining + closing', counts.openHooks, counts.closeHooks + living],
  ]
  return laws.filter(([, left, right]) => left !== right).map(([law, left, right]) => `${law}: ${left} is not ${right}`)
}
