/**
 * An upgrade request that is not answered yet: the state `opening` of the picture in docs/LIFECYCLE.md.
 *
 * Node gives the socket of an upgrade neither an error listener nor a deadline, and it may stay half open: from here on
 * it has all three. The opening owns the socket until exactly one of these happens, and whatever comes later changes
 * nothing: `accept` (the connection owns it), `refuse` (a status is written and the socket ended), `fail` (the peer left
 * or the deadline passed). After a refusal it keeps the socket, with a deadline, until it has closed.
 */
import type { Socket } from 'node:net'
import { HoldfastError } from '../base/errors.ts'
import { Deadline, type DeadlineOwner, type Wheel } from '../base/wheel.ts'
import { destroySocket, finishSocket, ownSocket, type SocketOwner } from '../connection/socket.ts'
import type { Traffic } from '../connection/traffic.ts'
import type { FailureKind, Ledger } from '../hub/ledger.ts'
import { type HandshakeFault, refusalHead } from '../protocol/handshake.ts'
import type { UpgradeWatch } from './upgrade-observer.ts'

/** What an opening needs of its server. */
export interface OpeningContext {
  readonly wheel: Wheel
  readonly ledger: Ledger
  readonly handshakeTimeoutMs: number
  readonly closeTimeoutMs: number
  /** Null while nobody wants to know. */
  readonly traffic: Traffic | null
  /** Those that outlast the turn they came in, and since when by the wheel: they wait for an answer, or for their socket to close. */
  // Removed by: the opening itself, when it is accepted or its socket has closed.
  readonly openings: Map<Opening, number>
  /** Where the place of an admitted one is given back. */
  readonly admission: { left(address: string): void }
  /** Announces that an upgrade was answered with a status. */
  openingOnRefused(path: string, fault: HandshakeFault, traceparent: string | null): void
  /** Announces that the peer left, or the deadline passed, before the answer. */
  openingOnFailed(path: string, why: OpeningFailure, traceparent: string | null): void
  /** The socket has closed, and it was still the opening's. */
  openingOnGone(): void
}

/** Why there was no answer. */
export interface OpeningFailure {
  /** In words. */
  readonly reason: string
  readonly kind: FailureKind
}

/** A client has to wait for the 101 (RFC 6455 section 4.1); what comes before it is kept up to here. */
const EARLY_BYTES_MAX = 64 * 1024
const TOO_EARLY: HandshakeFault = {
  status: 400,
  reason: 'more than 64 KiB came before the answer; wanted the client to wait',
  kind: 'early',
}

export class Opening implements DeadlineOwner, SocketOwner {
  readonly socket: Socket
  readonly path: string
  /** Under which it has a place among those of its address; null when it has none. */
  address: string | null = null
  /** Told what becomes of it; null when nobody wants to know, and once it is answered. */
  watch: UpgradeWatch | null = null
  readonly #context: OpeningContext
  /** By the clock; null where nobody wanted to know when it came. */
  readonly cameAt: number | null
  readonly #deadline: Deadline = new Deadline(this)
  #answered = false
  #gone = false
  #early: Buffer[] | null = null
  #earlyBytes = 0
  /** Told when the peer left or the deadline passed. */
  #onAbort: ((reason: HoldfastError) => void) | null = null

  constructor(context: OpeningContext, socket: Socket, path: string, head: Buffer) {
    this.#context = context
    this.socket = socket
    this.path = path
    this.cameAt = context.traffic?.now() ?? null
    context.ledger.upgradeCame()
    context.ledger.sockets++
    ownSocket(socket, this)
    if (head.length > 0) this.socketOnData(head)
    if (socket.timeout) socket.setTimeout(0)
    // A socket that was gone before we were called may not say so again.
    if (socket.destroyed) queueMicrotask(() => this.socketOnClose())
  }

  /** It has been accepted, refused or failed. */
  get answered(): boolean {
    return this.#answered
  }

  /** The answer is not going to come in this turn: the deadline runs, and `fn` is called when it passes or the peer leaves. */
  wait(fn: (reason: HoldfastError) => void): void {
    this.#onAbort = fn
    this.#context.wheel.arm(this.#deadline, this.#context.handshakeTimeoutMs)
  }

  /** It outlasts the turn it came in, and is counted among those of its server until its socket has closed or is given up. */
  lasts(): void {
    const { openings, wheel } = this.#context
    if (!this.#gone && !openings.has(this)) openings.set(this, wheel.now)
  }

  /** Gives the socket up to whoever calls; returns the bytes that came early. The caller owns the socket next. */
  accept(): Buffer | null {
    this.#answer()
    this.#context.openings.delete(this)
    this.#context.ledger.upgradeAccepted()
    const early = this.#early === null ? null : Buffer.concat(this.#early)
    this.#early = null
    return early
  }

  /** Answers with a status and ends the socket. Does nothing when it is answered already. */
  refuse(fault: HandshakeFault): void {
    if (this.#answered) return
    const { watch } = this
    const tell = this.#onAbort
    this.#answer()
    const traceparent = watch?.upgradeOnRefused(fault.status) ?? null
    this.#context.ledger.upgradeRefused(fault.status, fault.kind)
    this.#giveBack()
    this.lasts()
    tell?.(new HoldfastError('HF_ENDED', { what: `the upgrade of ${this.path}`, reason: fault.reason }))
    this.#context.openingOnRefused(this.path, fault, traceparent)
    this.#finish(fault)
  }

  socketOnData(chunk: Buffer): void {
    if (this.#answered) return
    this.#early ??= []
    this.#early.push(chunk)
    this.#earlyBytes += chunk.length
    if (this.#earlyBytes > EARLY_BYTES_MAX) this.refuse(TOO_EARLY)
  }

  socketOnDrain(): void {}

  socketOnEnd(): void {
    this.#fail('peer left', 'the peer left')
    finishSocket(this.socket)
  }

  socketOnError(error: NodeJS.ErrnoException): void {
    this.#fail('socket error', `the socket failed: ${error.code ?? error.message}`)
  }

  socketOnClose(): void {
    if (this.#gone) return
    this.#gone = true
    this.#fail('peer left', 'the peer left')
    this.#context.openings.delete(this)
    this.#context.wheel.cancel(this.#deadline)
    this.#context.ledger.sockets--
    this.#context.openingOnGone()
  }

  deadlineOnDue(): void {
    if (this.#answered) {
      // A socket that does not even say that it is closed is given up.
      if (this.socket.destroyed) this.socketOnClose()
      else {
        destroySocket(this.socket)
        this.#context.wheel.arm(this.#deadline, this.#context.closeTimeoutMs)
      }
      return
    }
    this.#fail('deadline', 'not answered within handshakeTimeoutMs')
    this.#finish({ status: 503, reason: 'the upgrade took too long' })
  }

  #fail(kind: FailureKind, reason: string): void {
    if (this.#answered) return
    const { watch } = this
    const tell = this.#onAbort
    this.#answer()
    const traceparent = watch?.upgradeOnFailed(kind) ?? null
    this.#early = null
    this.#context.ledger.upgradeFailed(kind)
    this.#giveBack()
    this.lasts()
    this.#context.openingOnFailed(this.path, { reason, kind }, traceparent)
    tell?.(new HoldfastError('HF_ENDED', { what: `the upgrade of ${this.path}`, reason }))
    // Whatever the peer does now, the socket has a deadline.
    this.#context.wheel.arm(this.#deadline, this.#context.closeTimeoutMs)
  }

  #finish(fault: HandshakeFault): void {
    this.#early = null
    this.#context.wheel.arm(this.#deadline, this.#context.closeTimeoutMs)
    finishSocket(this.socket, refusalHead(fault.status, fault.reason, fault.headers))
    // What the peer still sends is read and dropped, so that its FIN is seen.
    this.socket.resume()
  }

  /** It is not going to be a connection. */
  #giveBack(): void {
    if (this.address !== null) this.#context.admission.left(this.address)
    this.address = null
  }

  #answer(): void {
    this.#answered = true
    this.#onAbort = null
    this.watch = null
    this.#context.wheel.cancel(this.#deadline)
  }
}
