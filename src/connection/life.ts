/**
 * The live part of a connection: everything it holds while it is not closed. Users hold a `Connection`; it lets go of
 * its life when it closes, so that a forgotten connection keeps nothing but an id, an ending and a few numbers.
 *
 * Made by the upgrade when it is accepted. Owned by the hub. Ends by the chain in closing.ts, whose last step
 * releases it. Between the frames (protocol/) and the handlers (inbox.ts) it only decides, it never destroys the socket.
 */
import type { Socket } from 'node:net'
import { HoldfastError } from '../base/errors.ts'
import type { Scope } from '../base/scope.ts'
import { Deadline, type DeadlineOwner } from '../base/wheel.ts'
import { ENDINGS, type Ending, peerEnding, serverEnding } from '../protocol/ending.ts'
import { FrameReader } from '../protocol/frame-reader.ts'
import type { ReaderSink } from '../protocol/reader-sink.ts'
import type { Violation } from '../protocol/violation.ts'
import {
  beginClosing,
  closeFrameCame,
  drainAnd,
  endingOverdue,
  lostEnding,
  socketEnded,
  socketGone,
  sooner,
} from './closing.ts'
import { Connection, type ConnectionEnd } from './connection.ts'
import type { ConnectionContext } from './connection-context.ts'
import type { ConnectionOptions } from './connection-options.ts'
import { connectionScope } from './connection-scope.ts'
import type { OutboxOwner } from './flush-queue.ts'
import type { RouteHandlers } from './handlers.ts'
import { beat, startHeartbeat } from './heartbeat.ts'
import { HeldBytes } from './held-bytes.ts'
import { Inbox } from './inbox.ts'
import { LateTurn } from './late-turn.ts'
import type { LifeInit, NegotiatedDeflate } from './life-init.ts'
import { Outbox } from './outbox.ts'
import { ReceiveRate } from './receive-rate.ts'
import type { SocketOwner } from './socket.ts'
import { isServed, OPEN, type State } from './state.ts'
import { note, ponged, type Timeline } from './timeline.ts'
import type { Turn } from './turn.ts'

export class Life implements ReaderSink, SocketOwner, OutboxOwner, DeadlineOwner {
  state: State = OPEN
  readonly connection: Connection<unknown>
  readonly context: ConnectionContext
  readonly route: RouteHandlers
  readonly options: ConnectionOptions
  readonly socket: Socket
  readonly data: unknown
  readonly params: Readonly<Record<string, string>>
  readonly protocol: string
  readonly deflate: NegotiatedDeflate | null
  readonly outbox: Outbox
  readonly inbox: Inbox
  readonly held: HeldBytes
  /** Of the state it is in. */
  readonly deadline: Deadline
  readonly reader: FrameReader
  /** Null when it has no such limit. */
  readonly rate: ReceiveRate | null
  /** When anything was last received, in awake milliseconds of the wheel. */
  heardAt: number
  messagesReceived = 0
  messagesSent = 0
  /** Rooms it is in, or was in when it began to end. Removed by: leave, or the end of the connection. */
  rooms: Set<string> | null = null
  /** What its route's handler `user` gave; null for nobody. */
  user: string | null = null
  /** The code of the socket's error, if it had one. */
  socketError: string | null = null
  /** Of a `close` hook that takes its time. */
  farewell: Turn | null = null
  /** Null until there is something to say. */
  timeline: Timeline | null = null
  /** Of the trace its upgrade was in, as W3C Trace Context has it; null when it was in none, or nobody traces. */
  traceparent: string | null = null
  #scope: Scope | null = null
  #remoteAddress: string | null
  #endReason: HoldfastError | null = null
  #socketGone = false

  constructor(init: LifeInit) {
    this.context = init.context
    this.route = init.route
    this.options = init.options
    this.socket = init.socket
    this.data = init.data
    this.params = init.params
    this.protocol = init.protocol
    this.#remoteAddress = init.remoteAddress
    this.deflate = init.deflate
    this.heardAt = init.context.wheel.now
    this.outbox = new Outbox(init.socket, init.context.flushes, this)
    this.inbox = new Inbox(this)
    this.held = new HeldBytes(this)
    this.deadline = new Deadline(this)
    this.reader = new FrameReader(this, init.options, init.deflate?.inflater ?? null, init.context.now)
    this.rate = ReceiveRate.of(this, init.options)
    this.connection = new Connection(init.id, init.openedAt, this)
  }

  get remoteAddress(): string {
    this.#remoteAddress ??= this.socket.remoteAddress ?? ''
    return this.#remoteAddress
  }

  get scope(): Scope {
    if (this.#scope === null) {
      this.#scope = connectionScope(this.context, this.connection, this.route.path)
      if (this.state.name === 'closing') this.#scope.abort(this.endReason())
      if (this.state.name === 'moving') this.#scope.end(this.movedReason())
    }
    return this.#scope
  }

  /** The scope, if anybody has asked for it. */
  get usedScope(): Scope | null {
    return this.#scope
  }

  get readingPaused(): boolean {
    return this.reader.paused
  }

  /** The connection is open: runs its first handlers, then reads what came before the 101, if anything did. */
  start(early: Buffer | null): void {
    const { events } = this.context
    startHeartbeat(this)
    this.inbox.start()
    if (events.wanted('open')) events.emit('open', { connection: this.connection, route: this.route.path })
    if (early !== null) this.socketOnData(early)
  }

  socketOnData(chunk: Buffer): void {
    const { traffic, wheel } = this.context
    this.heardAt = wheel.now
    if (this.rate !== null) this.rate.bytesCame(chunk.length)
    traffic?.readBegins(this.route.path)
    this.reader.read(chunk)
    traffic?.readEnds()
    this.held.read()
  }

  socketOnDrain(): void {
    this.outbox.flush()
  }

  outboxOnFlushed(): void {
    this.context.outboxBudget.settle(this)
  }

  socketOnEnd(): void {
    socketEnded(this, ENDINGS.peerGone)
  }

  socketOnError(error: NodeJS.ErrnoException): void {
    this.socketError = error.code ?? error.message
  }

  socketOnClose(): void {
    if (this.#socketGone) return
    this.#socketGone = true
    this.context.ledger.sockets--
    if (this.state.name === 'moving') this.state.leave.leaveOnSocketClosed()
    else socketGone(this, lostEnding(this))
  }

  pauseReading(): void {
    this.rate?.pause()
    this.reader.pause()
    this.socket.pause()
  }

  resumeReading(): void {
    if (!this.reader.paused) return
    this.heardAt = this.context.wheel.now
    this.rate?.resume()
    this.reader.resume()
    if (!this.reader.paused) this.socket.resume()
    this.held.track()
  }

  /** The inbox has worked off messages; `count` wait. */
  inboxDrained(count: number): void {
    if (isServed(this.state) && this.reader.paused && count * 2 < this.options.handlerQueueMax) {
      note(this, 'reading resumed')
      this.resumeReading()
    }
    this.held.track()
  }

  readerOnMessage(message: string | Buffer): void {
    if (this.messagesReceived++ === 0) note(this, 'first message in')
    this.context.ledger.messagesReceived++
    if (this.rate !== null) this.rate.messageCame()
    this.inbox.deliver(message)
  }

  readerOnPing(payload: Buffer): void {
    if (this.state.name === 'open' || this.state.name === 'draining') this.outbox.pong(payload)
  }

  readerOnPong(payload: Buffer): void {
    if (payload.length === 0) ponged(this)
  }

  readerOnClose(code: number, reason: string): void {
    closeFrameCame(this, peerEnding(code, reason))
  }

  readerOnViolation(violation: Violation): void {
    const { events } = this.context
    if (events.wanted('violation')) {
      events.emit('violation', { connection: this.connection, route: this.route.path, violation })
    }
    beginClosing(this, serverEnding(violation.code, violation.reason), 'fail')
  }

  deadlineOnDue(): void {
    const { state } = this
    if (isServed(state)) beat(this)
    else if (state.name === 'moving' || state.name === 'open') state.leave?.leaveOnDue()
    else endingOverdue(this)
  }

  /** Ends with a closing handshake. Nothing happens when it is ending already. */
  end(ending: Ending): void {
    beginClosing(this, ending, 'handshake')
  }

  /** Ends once the handlers that run have finished, at the latest in `timeoutMs`; no new message is handled. */
  drain(ending: Ending, timeoutMs: number): void {
    if (this.state.name === 'draining' || this.state.name === 'moving') sooner(this, timeoutMs)
    if (this.state.name === 'moving') beginClosing(this, ending, 'handshake')
    if (this.state.name !== 'open') return
    this.pauseReading()
    this.held.track()
    drainAnd(this, ending, timeoutMs)
  }

  /** Why signals of this connection abort: one value for all of them. Made on first use. */
  endReason(): HoldfastError {
    if (this.#endReason === null) {
      const { ending } = this.connection
      const reason = ending === null ? 'closed' : `${ending.code} ${ending.reason} (by ${ending.by})`
      this.#endReason = new HoldfastError('HF_ENDED', { what: `connection ${this.connection.id}`, reason })
    }
    return this.#endReason
  }

  /** Why signals of this connection abort when it moves. */
  movedReason(): HoldfastError {
    return new HoldfastError('HF_MOVED', { id: this.connection.id })
  }

  /** What its scope holds ends; whoever asks for the scope again gets a new one. Runs user code. */
  renewScope(): void {
    const scope = this.#scope
    this.#scope = null
    scope?.end(this.movedReason())
  }

  /** All that must stop when the ending chain begins. Signals abort here, so user code may run. */
  quiet(): void {
    // First: what user code publishes from here on is not for this one.
    this.outbox.unshare()
    this.inbox.stop()
    this.context.outboxBudget.ending(this)
    this.context.hub.leaveAll(this)
    if (this.#scope !== null) this.#scope.abort(this.endReason())
    this.held.track()
    // The close frame of the peer is still to come: read on, even if a handler was too slow to let us.
    if (this.reader.paused) this.resumeReading()
  }

  /** Hands the numbers that outlive the connection to the object users hold. */
  release(end: ConnectionEnd): void {
    this.reader.stop()
    this.outbox.end()
    this.context.outboxBudget.forget(this)
    if (this.#scope !== null) this.#scope.end(this.endReason())
    this.inbox.release()
    this.farewell?.handOver(new LateTurn(this.context, 'close', this.route.path))
    this.context.hub.remove(this)
    this.connection.endLife(end)
  }

  report(error: HoldfastError): void {
    this.context.report(error, this.connection, this.route.path)
  }

  overdue(error: HoldfastError): void {
    this.context.events.emit('overdue', { connection: this.connection, route: this.route.path, error })
    this.report(error)
  }
}
