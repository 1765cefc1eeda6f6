/**
 * Admission: may one more upgrade request come in? Asked before anything is read of it, so a refusal costs little.
 *
 * What is open, and what is about to be, is what the ledger counts, so a place is taken by being counted and given back by
 * ending: there is nothing to reserve and nothing to forget. Only addresses are counted here, each from `admit()` to
 * `left()`. Owned by the server, which ends it: then its headroom measures no more.
 */
import type { Clock } from '../base/clock.ts'
import type { Events } from '../base/events.ts'
import type { Connection } from '../connection/connection.ts'
import type { Ledger } from '../hub/ledger.ts'
import type { HandshakeFault } from '../protocol/handshake.ts'
import { CountsByKey } from '../resilience/counts-by-key.ts'
import { FileLimit } from '../resilience/file-limit.ts'
import { Gate } from '../resilience/gate.ts'
import { Headroom } from '../resilience/headroom.ts'
import { memoryLeftBytes } from '../resilience/memory-left.ts'
import { TokenBucket } from '../resilience/token-bucket.ts'
import { addressKey, type Proxies, proxyList } from './client-address.ts'
import type { ServerEvents } from './event-names.ts'
import { LIMITS, type LimitCounts, type LimitName } from './limit-names.ts'
import type { ServerOptions } from './server-options.ts'

export type AdmissionOptions = Pick<
  ServerOptions,
  | 'connectionsMax'
  | 'connectionsPerAddressMax'
  | 'upgradesPerSecondMax'
  | 'upgradeHandlersMax'
  | 'upgradeQueueMax'
  | 'memoryHeadroomBytes'
  | 'loopDelayMaxMs'
  | 'trustedProxies'
  | 'warnOnly'
>

export interface AdmissionInit {
  readonly options: AdmissionOptions
  readonly clock: Clock
  readonly events: Pick<Events<ServerEvents>, 'wanted' | 'emit'>
  /** The request in question is counted in it as `opening` and among its `sockets`. */
  readonly ledger: Pick<Ledger, 'opening' | 'open' | 'draining' | 'moving' | 'closing' | 'sockets'>
  /** What the process can still get, in bytes. */
  readonly memory?: () => number
  readonly files?: FileLimit | null
}

/** Who reached a limit. */
export interface Whom {
  readonly path?: string
  readonly address?: string
  readonly connection?: Connection
  readonly route?: string
}

/** Those refused together must not come back together: each is told another of so many whole seconds. */
const RETRY_SECONDS_MAX = 5

export class Admission {
  /** Null when nobody is trusted. */
  readonly proxies: Proxies | null
  /** Through which upgrades go that take their time. */
  readonly gate: Gate
  readonly #options: AdmissionOptions
  readonly #init: AdmissionInit
  readonly #warnOnly: ReadonlySet<LimitName>
  // Bounded: one entry for each limit.
  readonly #counts = new Map<LimitName, { refused: number; warned: number }>(
    LIMITS.map((name) => [name, { refused: 0, warned: 0 }]),
  )
  readonly #faults: Readonly<Record<RefusingLimit | 'files', readonly HandshakeFault[]>>
  readonly #addresses = new CountsByKey()
  readonly #files: FileLimit | null
  readonly #upgrades: TokenBucket | null
  readonly #headroom: Headroom
  #refusals = 0

  constructor(init: AdmissionInit) {
    const { options, clock, files, memory = memoryLeftBytes } = init
    this.#init = init
    this.#options = options
    this.#warnOnly = new Set(options.warnOnly)
    this.proxies = proxyList(options.trustedProxies)
    this.#files = files === undefined ? FileLimit.read() : files
    this.#upgrades =
      options.upgradesPerSecondMax > 0 ? new TokenBucket(options.upgradesPerSecondMax, clock.now()) : null
    this.#headroom = new Headroom({ clock, memory })
    const { upgradeHandlersMax, upgradeQueueMax } = options
    // A limit that only warns bounds nothing.
    this.gate = new Gate(
      this.#warnOnly.has('upgradeHandlersMax') ? Number.POSITIVE_INFINITY : upgradeHandlersMax,
      this.#warnOnly.has('upgradeQueueMax') ? Number.POSITIVE_INFINITY : upgradeQueueMax,
    )
    this.#faults = faultsOf()
  }

  /** So many connections there may be; null: there is no bound, or it is not known. */
  get connectionsLimit(): number | null {
    const { connectionsMax } = this.#options
    const files = this.#files === null ? Number.POSITIVE_INFINITY : this.#files.max - this.#files.reserve
    const most = Math.min(connectionsMax > 0 ? connectionsMax : Number.POSITIVE_INFINITY, files)
    return most === Number.POSITIVE_INFINITY ? null : most
  }

  /** Do addresses matter, so that each has to be known before it is asked for? */
  get byAddress(): boolean {
    return this.#options.connectionsPerAddressMax > 0
  }

  /**
   * Null, and one more of its address is counted until `left(address)`; or why not.
   *
   * @param address asked for only when somebody wants it
   */
  admit(path: string, address: () => string): HandshakeFault | null {
    const { connectionsMax, memoryHeadroomBytes, loopDelayMaxMs } = this.#options
    const { clock, ledger } = this.#init
    const { opening, open, draining, moving, closing, sockets } = ledger
    const full = connectionsMax > 0 && opening + open + draining + moving + closing > connectionsMax
    // Counted under one name, and once.
    if (full || (this.#files !== null && !this.#files.allows(sockets, clock.now()))) {
      if (this.#refuses('connectionsMax', path, address)) return this.#fault(full ? 'connectionsMax' : 'files')
    }
    if (memoryHeadroomBytes > 0 && this.#headroom.memoryBytes() < memoryHeadroomBytes) {
      if (this.#refuses('memoryHeadroomBytes', path, address)) return this.#fault('memoryHeadroomBytes')
    }
    if (loopDelayMaxMs > 0 && this.#headroom.loopDelayMs() > loopDelayMaxMs) {
      if (this.#refuses('loopDelayMaxMs', path, address)) return this.#fault('loopDelayMaxMs')
    }
    const key = this.byAddress ? addressKey(address()) : null
    if (key !== null && this.#addresses.of(key) >= this.#options.connectionsPerAddressMax) {
      if (this.#refuses('connectionsPerAddressMax', path, address)) return this.#fault('connectionsPerAddressMax')
    }
    // Last: what is refused for another reason must not use up the rate of the rest.
    if (this.#upgrades !== null && !this.#upgrades.take(clock.now())) {
      if (this.#refuses('upgradesPerSecondMax', path, address)) return this.#fault('upgradesPerSecondMax')
    }
    if (key !== null) this.#addresses.add(key)
    return null
  }

  /** One that was admitted by another process has come, as a connection; it is not asked again, but counted until `left(address)`. */
  arrived(address: string): void {
    const key = this.byAddress ? addressKey(address) : null
    if (key !== null) this.#addresses.add(key)
  }

  /** One that was admitted has gone, as a connection or before it became one. @param address the same as it came with */
  left(address: string): void {
    if (!this.byAddress) return
    const key = addressKey(address)
    if (key !== null) this.#addresses.remove(key)
  }

  /** How many addresses have a connection; 0 when they are not counted. */
  get addressCount(): number {
    return this.#addresses.size
  }

  /** Why a handler cannot even wait for its turn, or null. Warns where it is only to be warned. */
  handlersFault(path: string, address: () => string): HandshakeFault | null {
    const { gate } = this
    const { upgradeHandlersMax, upgradeQueueMax } = this.#options
    if (gate.inside >= upgradeHandlersMax && gate.max > upgradeHandlersMax) {
      this.#refuses('upgradeHandlersMax', path, address)
      return null
    }
    const waits = gate.inside >= gate.max || gate.waiting > 0
    if (!waits || gate.waiting < upgradeQueueMax) return null
    return this.#refuses('upgradeQueueMax', path, address) ? this.#fault('upgradeQueueMax') : null
  }

  /** Counts and announces that a limit was reached; true when it is to be enforced. */
  reached(limit: LimitName, whom: Whom): boolean {
    const mode = this.#count(limit)
    const { events } = this.#init
    if (events.wanted('limit')) events.emit('limit', { limit, mode, ...whom })
    return mode === 'refuse'
  }

  counts(): LimitCounts {
    const counts = LIMITS.map((name) => [name, { ...this.#counts.get(name) }])
    return Object.fromEntries(counts) as LimitCounts
  }

  /** Its headroom measures no more. */
  end(): void {
    this.#headroom.end()
  }

  /** The same for an upgrade request, whose address is asked for only when somebody wants it. */
  #refuses(limit: LimitName, path: string, address: () => string): boolean {
    const mode = this.#count(limit)
    const { events } = this.#init
    if (events.wanted('limit')) events.emit('limit', { limit, mode, path, address: address() })
    return mode === 'refuse'
  }

  #count(limit: LimitName): 'refuse' | 'warn' {
    const counts = this.#counts.get(limit)
    const mode = this.#warnOnly.has(limit) ? 'warn' : 'refuse'
    if (counts !== undefined) {
      if (mode === 'warn') counts.warned++
      else counts.refused++
    }
    return mode
  }

  #fault(limit: keyof typeof REASONS): HandshakeFault {
    const faults = this.#faults[limit]
    return faults[this.#refusals++ % faults.length] as HandshakeFault
  }
}

/** Those that refuse upgrade requests; for `files` it is connectionsMax that is counted. */
const REASONS = {
  connectionsMax: 'the server is full: connectionsMax reached',
  files: 'the server is full: no file descriptors left',
  memoryHeadroomBytes: 'the server is short of memory: less than memoryHeadroomBytes left',
  loopDelayMaxMs: 'the server is busy: loopDelayMaxMs reached',
  connectionsPerAddressMax: 'too many connections from your address: connectionsPerAddressMax reached',
  upgradesPerSecondMax: 'too many at once: upgradesPerSecondMax reached',
  upgradeQueueMax: 'the server is busy: upgradeQueueMax reached',
} as const satisfies Partial<Record<LimitName | 'files', string>>

type RefusingLimit = Exclude<keyof typeof REASONS, 'files'>

/** Made once, so that a storm of refusals makes no garbage of them. */
function faultsOf(): Readonly<Record<keyof typeof REASONS, readonly HandshakeFault[]>> {
  const faults: Partial<Record<keyof typeof REASONS, readonly HandshakeFault[]>> = {}
  for (const [limit, reason] of Object.entries(REASONS) as [keyof typeof REASONS, string][]) {
    faults[limit] = Array.from({ length: RETRY_SECONDS_MAX }, (_, index) => ({
      status: limit === 'connectionsPerAddressMax' ? 429 : 503,
      reason,
      kind: `limit ${limit === 'files' ? 'connectionsMax' : limit}`,
      headers: { 'Retry-After': String(index + 1) },
    }))
  }
  return faults as Readonly<Record<keyof typeof REASONS, readonly HandshakeFault[]>>
}
