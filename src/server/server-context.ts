/**
 * What everything in one server shares: time, events, counters, hub, routes, budgets. Connections and upgrades see the
 * part of it that their own context describes.
 *
 * Made and owned by the server, which ends the wheel; the rest ends with it.
 */
import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { Clock } from '../base/clock.ts'
import { type HoldfastError, messageOf, stackOf } from '../base/errors.ts'
import { Events } from '../base/events.ts'
import { Wheel } from '../base/wheel.ts'
import { ByteBudget } from '../connection/byte-budget.ts'
import type { Connection } from '../connection/connection.ts'
import type { EndObserver, WorkObserver } from '../connection/connection-context.ts'
import { FlushQueue } from '../connection/flush-queue.ts'
import { OutboxBudget } from '../connection/outbox-budget.ts'
import type { RateLimit } from '../connection/receive-rate.ts'
import { Traffic } from '../connection/traffic.ts'
import { Hub } from '../hub/hub.ts'
import { Ledger } from '../hub/ledger.ts'
import type { HandshakeFault } from '../protocol/handshake.ts'
import { collectGarbage } from '../resilience/collect-garbage.ts'
import { Reclaim } from '../resilience/reclaim.ts'
import { Admission } from './admission.ts'
import { HubArrivals } from './arrivals.ts'
import { ClosingFaults } from './closing-faults.ts'
import type { Drain } from './drain.ts'
import type { ServerEvents } from './event-names.ts'
import type { Middleware } from './middleware.ts'
import type { Opening, OpeningFailure } from './opening.ts'
import { Routes } from './routes.ts'
import type { ServerOptions } from './server-options.ts'
import type { UpgradeContext } from './upgrade.ts'
import type { UpgradeObserver } from './upgrade-observer.ts'
import type { UpgradeRequest } from './upgrade-request.ts'

export class ServerContext implements UpgradeContext {
  readonly wheel: Wheel
  readonly events: Events<ServerEvents>
  readonly ledger = new Ledger()
  readonly hub: Hub
  // Removed by: the opening, when it is accepted or its socket has closed.
  readonly openings = new Map<Opening, number>()
  readonly flushes = new FlushQueue()
  readonly inboxBudget: ByteBudget
  readonly outboxBudget: OutboxBudget
  readonly admission: Admission
  /** Null when the option `reclaim` is off. */
  readonly reclaim: Reclaim | null
  readonly arrivals: HubArrivals
  readonly routes: Routes
  readonly middleware: Middleware[] = []
  readonly handshakeTimeoutMs: number
  readonly closeTimeoutMs: number
  /** Set from above, by whoever wants to know. */
  observer: WorkObserver | null = null
  /** The same. */
  endObserver: EndObserver | null = null
  traffic: Traffic | null = null
  /** The same. */
  upgradeObserver: UpgradeObserver | null = null
  /** No more upgrades: it is closing, or draining. */
  closing = false
  /** Null until `server.drain()`; stays when it has ended. */
  drain: Drain | null = null
  readonly now: () => number
  readonly wallNow: () => number
  readonly #clockNow: () => number
  readonly #onGone: () => void
  readonly #nonce: string
  readonly #closingFaults = new ClosingFaults()
  #ids = 0

  /** @param onGone told whenever a connection or an upgrade request has gone */
  constructor(options: ServerOptions, clock: Clock, nonce: string | undefined, onGone: () => void) {
    const events = new Events<ServerEvents>((event, thrown) => {
      process.emitWarning(`a listener for "${event}" threw: ${messageOf(thrown)}`, 'HoldfastWarning')
    })
    const wheel = new Wheel(clock, (stalledMs) => {
      if (events.wanted('stall')) events.emit('stall', { stalledMs })
    })
    this.events = events
    this.wheel = wheel
    this.now = () => wheel.now
    this.#clockNow = () => clock.now()
    this.wallNow = () => clock.wallNow()
    this.reclaim = options.reclaim ? this.#makeReclaim(clock, options.reclaimPauseMaxMs) : null
    this.admission = new Admission({ options, clock, events, ledger: this.ledger })
    this.hub = new Hub((life) => {
      if (this.admission.byAddress) this.admission.left(life.remoteAddress)
      this.reclaim?.wake()
      this.drain?.connectionOnGone(life)
      onGone()
    })
    this.arrivals = new HubArrivals(this, options.outboxBytesMax)
    this.routes = new Routes(options)
    this.inboxBudget = new ByteBudget(options.inboxBytesMax)
    this.outboxBudget = new OutboxBudget(options.outboxTotalBytesMax, wheel)
    this.handshakeTimeoutMs = options.handshakeTimeoutMs
    this.closeTimeoutMs = options.closeTimeoutMs
    this.#onGone = onGone
    this.#nonce = nonce ?? randomBytes(6).toString('base64url')
  }

  /** Made for the first who wants to know; stays, for all. */
  countTraffic(): Traffic {
    this.traffic ??= new Traffic(this.#clockNow)
    return this.traffic
  }

  nextId(): string {
    return `${this.#nonce}-${(this.#ids++).toString(36)}`
  }

  /** The answer to who comes when no more are let in. */
  get closingFault(): HandshakeFault {
    return this.#closingFaults.next(this.drain !== null)
  }

  connectionOnCame(): void {
    this.reclaim?.wake()
  }

  /** An error of user code is never silent: with no listener for `error`, it becomes a warning of the process. */
  report(error: HoldfastError, connection?: Connection, route?: string): void {
    this.traffic?.erred(route ?? '')
    if (this.events.wanted('error')) {
      this.events.emit('error', { error, ...(connection && { connection }), ...(route !== undefined && { route }) })
      return
    }
    process.emitWarning(error.message, { type: 'HoldfastWarning', code: error.code, detail: stackOf(error.cause) })
  }

  limitOnReached(limit: RateLimit | 'roomsMax', connection: Connection, route: string): boolean {
    return this.admission.reached(limit, { connection, route })
  }

  openingOnRefused(path: string, fault: HandshakeFault, traceparent: string | null): void {
    const { status, reason, kind = 'handshake' } = fault
    const traced = traceparent !== null && { traceparent }
    if (this.events.wanted('refused')) this.events.emit('refused', { path, status, reason, kind, ...traced })
  }

  openingOnFailed(path: string, why: OpeningFailure, traceparent: string | null): void {
    const traced = traceparent !== null && { traceparent }
    if (this.events.wanted('failed')) this.events.emit('failed', { path, ...why, ...traced })
  }

  requestOnRevoked(request: UpgradeRequest, route: string): void {
    if (this.events.wanted('revoked')) this.events.emit('revoked', { request, route })
  }

  openingOnGone(): void {
    this.#onGone()
  }

  #makeReclaim(clock: Clock, pauseMaxMs: number): Reclaim {
    const { events, ledger, wheel } = this
    return new Reclaim({
      ...{ clock, wheel, pauseMaxMs },
      arrivals: () => ledger.accepted + ledger.adopted,
      departures: () => ledger.closed + ledger.moved,
      present: () => this.hub.size,
      loop: () => performance.eventLoopUtilization(),
      memory: () => process.memoryUsage(),
      collect: collectGarbage,
      onReclaim(report) {
        if (events.wanted('reclaim')) events.emit('reclaim', report)
      },
    })
  }
}
