/**
 * The ledger: the running count of everything that began and must end (DESIGN section 3).
 *
 * Counters only, no objects. Its laws hold at every moment; `imbalances()` names those that do not, which would be a bug
 * of the library. Owned by the server.
 */
import type { ConnectionLedger } from '../connection/connection-context.ts'
import type { StateName } from '../connection/state.ts'
import { ENDINGS, type Ending } from '../protocol/ending.ts'

type Counts = Readonly<Record<string, number>>

/** The counts at one moment. */
export interface LedgerCounts {
  /** Upgrade requests that came to us. */
  readonly upgrades: number
  /** Upgrade requests not answered yet. */
  readonly opening: number
  /** Upgrade requests refused with a status. */
  readonly refused: number
  /** Refused, by status. */
  readonly refusedByStatus: Counts
  /** Refused, by a short name: `handshake`, `origin`, `path`, `protocol`, `early`, `closing`, `failed`, `limit …`, `reject 401`. */
  readonly refusedByReason: Counts
  /** Upgrade requests whose peer left, or whose deadline passed, before 101. */
  readonly failed: number
  /** Failed, by `peer left`, `deadline` and `socket error`. */
  readonly failedByReason: Counts
  /** Upgrade requests answered with 101. */
  readonly accepted: number
  /** Connections that came open, from another process. */
  readonly adopted: number
  readonly open: number
  readonly draining: number
  /** On the way to another process, which has not answered yet. */
  readonly moving: number
  /** Another process has them. */
  readonly moved: number
  /** Of these, moves nobody answered: the other process has them, or nobody. */
  readonly movesUnanswered: number
  /** Moves that were refused: those connections are open here again, or have ended since. */
  readonly movesRefused: number
  readonly closing: number
  readonly closed: number
  /** Closed, by close code. Of codes from 3000 the first 100 that came have a count of their own, the rest is `other`. */
  readonly endingsByCode: Counts
  /** Closed, by who decided: `peer`, `server`, `network`. */
  readonly endingsBy: Readonly<Record<Ending['by'], number>>
  /** Of those the server decided: the limit by name (`idle`, `slowReader`, …), `violation`, or `user` for the application's own. */
  readonly endingsByReason: Counts
  readonly openHooks: number
  readonly closeHooks: number
  /** Sockets whose descriptor we hold: of connections and of upgrade requests. */
  readonly sockets: number
  readonly messagesReceived: number
  readonly messagesSent: number
  /** Not sent, because the reader was too slow. */
  readonly messagesDropped: number
  /** The same, by route and by what was done about the slow reader. */
  readonly dropped: readonly DroppedCount[]
  /** Received, but not handled, because the connection was lost or ended before. */
  readonly messagesDiscarded: number
}

export interface DroppedCount {
  readonly route: string
  readonly reason: string
  readonly messages: number
}

/** Why an upgrade request had no answer. */
export type FailureKind = 'peer left' | 'deadline' | 'socket error'

/** Clients choose among 2,000 codes from 3000 on: so many of them are counted one by one. */
const FREE_CODES_MAX = 100
const FREE_CODE_MIN = 3000
const ENDING_NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries(ENDINGS).map(([name, { reason }]) => [reason, name]),
)

export class Ledger implements ConnectionLedger {
  upgrades = 0
  opening = 0
  refused = 0
  failed = 0
  accepted = 0
  adopted = 0
  open = 0
  draining = 0
  moving = 0
  moved = 0
  movesUnanswered = 0
  movesRefused = 0
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
  readonly #refusedByStatus = new Map<string, number>()
  // Bounded by the kinds of HandshakeFault, which are a fixed set, and the statuses reject() allows.
  readonly #refusedByReason = new Map<string, number>()
  // Bounded by FailureKind.
  readonly #failedByReason = new Map<string, number>()
  // Bounded by the codes below 3000, FREE_CODES_MAX and `other`.
  readonly #endingsByCode = new Map<string, number>()
  // Bounded by the names of ENDINGS, `violation` and `user`.
  readonly #endingsByReason = new Map<string, number>()
  readonly #endingsBy: Record<Ending['by'], number> = { peer: 0, server: 0, network: 0 }
  // Bounded by the routes and, within, by the reasons to drop.
  readonly #dropped = new Map<string, Map<string, number>>()
  #freeCodes = 0

  connectionMoved(from: StateName, to: StateName): void {
    this[from]--
    this[to]++
  }

  /** A connection has just closed. @param violation it was ended because its peer broke a rule */
  connectionEnded(ending: Ending, violation: boolean): void {
    const { code, by, reason } = ending
    this.#endingsBy[by]++
    add(this.#endingsByCode, this.#codeKey(code))
    if (by === 'server') add(this.#endingsByReason, violation ? 'violation' : (ENDING_NAMES.get(reason) ?? 'user'))
  }

  /** Messages were not sent to a slow reader. */
  messageDropped(route: string, reason: string, count = 1): void {
    this.messagesDropped += count
    let reasons = this.#dropped.get(route)
    if (reasons === undefined) {
      reasons = new Map()
      this.#dropped.set(route, reasons)
    }
    add(reasons, reason, count)
  }

  upgradeCame(): void {
    this.upgrades++
    this.opening++
  }

  /** @param kind of a bounded set, see HandshakeFault */
  upgradeRefused(status: number, kind = 'handshake'): void {
    this.opening--
    this.refused++
    add(this.#refusedByStatus, String(status))
    add(this.#refusedByReason, kind)
  }

  upgradeFailed(kind: FailureKind): void {
    this.opening--
    this.failed++
    add(this.#failedByReason, kind)
  }

  upgradeAccepted(): void {
    this.opening--
    this.accepted++
    this.open++
  }

  /** A connection came open, from another process. */
  connectionAdopted(): void {
    this.adopted++
    this.open++
  }

  counts(): LedgerCounts {
    const { upgrades, opening, refused, failed, accepted, adopted, open, draining, closing, closed } = this
    const { moving, moved, movesUnanswered, movesRefused } = this
    const { openHooks, closeHooks, sockets, messagesReceived, messagesSent, messagesDropped, messagesDiscarded } = this
    return {
      ...{ upgrades, opening, refused, refusedByStatus: Object.fromEntries(this.#refusedByStatus) },
      refusedByReason: Object.fromEntries(this.#refusedByReason),
      ...{ failed, failedByReason: Object.fromEntries(this.#failedByReason), accepted, adopted },
      ...{ open, draining, moving, moved, movesUnanswered, movesRefused, closing, closed },
      ...{ openHooks, closeHooks, sockets },
      endingsByCode: Object.fromEntries(this.#endingsByCode),
      endingsBy: { ...this.#endingsBy },
      endingsByReason: Object.fromEntries(this.#endingsByReason),
      ...{ messagesReceived, messagesSent, messagesDropped, dropped: this.#droppedCounts(), messagesDiscarded },
    }
  }

  /** The laws that do not hold, each as a sentence with its numbers. Empty when all is well. */
  imbalances(): string[] {
    return imbalancesOf(this.counts())
  }

  #codeKey(code: number): string {
    const key = String(code)
    if (code < FREE_CODE_MIN || this.#endingsByCode.has(key)) return key
    if (this.#freeCodes === FREE_CODES_MAX) return 'other'
    this.#freeCodes++
    return key
  }

  #droppedCounts(): DroppedCount[] {
    return [...this.#dropped].flatMap(([route, reasons]) =>
      [...reasons].map(([reason, messages]) => ({ route, reason, messages })),
    )
  }
}

/** The laws of the ledger. */
export function imbalancesOf(counts: LedgerCounts): string[] {
  const living = counts.open + counts.draining + counts.closing + counts.moving
  const { refused, failed, closed, adopted, moved } = counts
  const laws: readonly (readonly [string, number, number])[] = [
    [
      'upgrades = opening + refused + failed + accepted',
      counts.upgrades,
      counts.opening + refused + failed + counts.accepted,
    ],
    [
      'accepted + adopted = open + draining + closing + moving + moved + closed',
      counts.accepted + adopted,
      living + moved + closed,
    ],
    [
      'open hooks + adopted = close hooks + open + draining + closing + moving + moved',
      counts.openHooks + adopted,
      counts.closeHooks + living + moved,
    ],
    ['refused = refused by status', refused, sum(counts.refusedByStatus)],
    ['refused = refused by reason', refused, sum(counts.refusedByReason)],
    ['failed = failed by reason', failed, sum(counts.failedByReason)],
    ['closed = endings by code', closed, sum(counts.endingsByCode)],
    ['closed = endings by side', closed, sum(counts.endingsBy)],
    ['endings by the server = endings by reason', counts.endingsBy.server, sum(counts.endingsByReason)],
    [
      'messages dropped = dropped by route and reason',
      counts.messagesDropped,
      counts.dropped.reduce((total, { messages }) => total + messages, 0),
    ],
  ]
  return laws.filter(([, left, right]) => left !== right).map(([law, left, right]) => `${law}: ${left} is not ${right}`)
}

function add(counts: Map<string, number>, key: string, count = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + count)
}

function sum(counts: Counts): number {
  let total = 0
  for (const count of Object.values(counts)) total += count
  return total
}
