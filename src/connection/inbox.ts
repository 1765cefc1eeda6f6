/**
 * The handler queue of one connection: runs `open`, `hold` and then a handler for each message, one at a time, in order;
 * in a drain, `drain` behind all of them.
 *
 * A handler that returns no promise costs no queue entry, no timer and no controller. While one runs, messages wait, at
 * most `handlerQueueMax`; then reading stops. The handler that runs has a deadline. The inbox holds the
 * handler's turn, never its promise, so that a handler nobody can ever resume can be collected.
 *
 * Owned by its connection. Ends with `stop()`: what waits is let go and counted, the running turn aborts; `whenIdle`
 * tells when the last handler has finished.
 */
import { BoundedQueue } from '../base/bounded-queue.ts'
import { HoldfastError, messageOf } from '../base/errors.ts'
import { isAbort, isThenable } from '../base/thenable.ts'
import { Deadline, type DeadlineOwner } from '../base/wheel.ts'
import { ENDINGS } from '../protocol/ending.ts'
import { discard } from './discard.ts'
import type { RouteHandlers } from './handlers.ts'
import { LateTurn } from './late-turn.ts'
import type { Life } from './life.ts'
import { note } from './timeline.ts'
import { Turn, type TurnOwner } from './turn.ts'
import { askUser } from './user-key.ts'

export type HandlerName = 'user' | 'open' | 'hold' | 'message' | 'drain'

const AFTER = { user: 'open', open: 'hold', hold: null, 'hold moved': null } as const

export class Inbox implements DeadlineOwner, TurnOwner {
  readonly #life: Life
  #queue: BoundedQueue<string | Buffer> | null = null
  #nextHook: 'user' | 'open' | 'hold' | 'hold moved' | null = null
  /** `drain` is still to run, when nothing else waits. */
  #farewell = false
  /** A handler is being called, right now. */
  #calling = false
  /** The handler that runs and whose promise we wait for. */
  #turn: Turn | null = null
  #running: HandlerName = 'message'
  #runningSince = 0
  /** When it began by the clock, where somebody wants to know how long handlers take. */
  #beganAt = 0
  #overdue = false
  /** Of the handler that runs; made for the first that returns a promise. */
  #deadline: Deadline | null = null
  #stopped = false
  #whenIdle: (() => void) | null = null

  constructor(life: Life) {
    this.#life = life
  }

  /** Nothing runs and nothing waits. */
  get idle(): boolean {
    if (this.#calling || this.#turn !== null || this.#nextHook !== null || this.#farewell) return false
    return this.#queue === null || this.#queue.count === 0
  }

  /** How many messages wait. */
  get waiting(): number {
    return this.#queue?.count ?? 0
  }

  /** Bytes of the messages that wait. */
  get bytes(): number {
    return this.#queue?.bytes ?? 0
  }

  /** The handler that runs, or the last one that took its time, and when it began by the wheel. */
  get work(): { readonly handler: HandlerName; readonly since: number } {
    return { handler: this.#running, since: this.#runningSince }
  }

  /** The handler that runs now, and whether it is past handlerTimeoutMs; null when none takes its time. */
  get running(): { readonly handler: HandlerName; readonly since: number; readonly overdue: boolean } | null {
    return this.#turn === null ? null : { ...this.work, overdue: this.#overdue }
  }

  /** Runs `user`, `open` and `hold`; messages wait for them. Whatever `user` does, this counts as the open hook. */
  start(): void {
    const { context, route } = this.#life
    context.ledger.openHooks++
    this.#nextHook = route.handlers.user === undefined ? 'open' : 'user'
    this.#advance()
  }

  /** Runs `drain` when nothing else runs or waits any more. */
  farewell(): void {
    if (this.#life.route.handlers.drain === undefined || this.#stopped) return
    this.#farewell = true
    if (!this.#calling) this.#advance()
  }

  /** It has moved, or was to: runs `hold`; messages wait for it. */
  holdMoved(): void {
    // What was kept for it may have ended it.
    if (this.#stopped) return
    this.#nextHook = 'hold moved'
    this.#advance()
  }

  deliver(message: string | Buffer): void {
    if (this.#stopped) {
      discard(this.#life, 1)
      return
    }
    if (this.idle) {
      this.#run('message', message)
      if (this.#whenIdle !== null) this.#advance()
      return
    }
    this.#queue ??= new BoundedQueue(this.#life.options.handlerQueueMax)
    // A string counts by its length: cheap, and off by a factor of two at most.
    if (!this.#queue.push(message, message.length)) discard(this.#life, 1)
    if (!this.#queue.full) return
    if (!this.#life.readingPaused) note(this.#life, 'reading paused')
    this.#life.pauseReading()
  }

  /** Calls `fn`, instead of one given before, once nothing runs and nothing waits: now, or when the last handler has finished. */
  whenIdle(fn: () => void): void {
    this.#whenIdle = null
    if (this.idle) fn()
    else this.#whenIdle = fn
  }

  /** Whoever waits until it is idle waits no more. */
  forgetIdle(): void {
    this.#whenIdle = null
  }

  /** No handler is started any more; what waits is let go and counted; the one that runs gets its signal. */
  stop(): void {
    this.#stopped = true
    this.#nextHook = null
    this.#farewell = false
    this.#disarm()
    this.#whenIdle = null
    if (this.#queue !== null) discard(this.#life, this.#queue.clear())
    this.#queue = null
    if (this.#turn !== null) this.#turn.abort(this.#life.endReason())
  }

  /** The connection is released: a handler that still runs keeps nothing of it. */
  release(): void {
    const { context, route } = this.#life
    if (this.#turn === null) return
    this.#tellTraffic()
    this.#turn.handOver(new LateTurn(context, this.#running, route.path))
    context.observer?.handlerOnLeft(route.path, this.#running, this.#turn)
    this.#turn = null
  }

  /** handlerTimeoutMs has passed, or closeTimeoutMs after it. */
  deadlineOnDue(): void {
    const { options, route } = this.#life
    if (this.#turn === null) return
    if (this.#overdue) {
      const { state } = this.#life
      // Who only says goodbye too slowly ends as it would have ended.
      const farewell = this.#running === 'drain' && state.name === 'draining'
      this.#life.end(farewell ? state.ending : ENDINGS.handlerOverdue)
      return
    }
    this.#overdue = true
    note(this.#life, 'handler overdue', this.#running)
    const error = new HoldfastError('HF_HANDLER_OVERDUE', {
      handler: this.#running,
      route: route.path,
      ms: options.handlerTimeoutMs,
    })
    this.#arm(options.closeTimeoutMs)
    this.#life.overdue(error)
    this.#turn.abort(error)
  }

  #run(name: HandlerName, message: string | Buffer | undefined, moved = false): void {
    const { connection, route, context } = this.#life
    const turn = new Turn()
    const { traffic } = context
    const beganAt = traffic === null ? 0 : traffic.handlerBegins(route.path)
    this.#calling = true
    try {
      let returned: unknown
      if (name === 'message') returned = route.handlers.message?.(connection, message as string | Buffer, turn)
      else if (name === 'drain') returned = route.handlers.drain?.(connection)
      else if (name === 'hold') returned = route.handlers.hold?.(connection, { moved })
      else if (name === 'open') returned = route.handlers.open?.(connection)
      else askUser(this.#life)
      if (isThenable(returned)) {
        this.#beganAt = beganAt
        this.#await(name, turn, returned)
      } else if (traffic !== null && isThere(route.handlers, name)) traffic.handlerReturned(route.path, beganAt)
    } catch (thrown) {
      traffic?.handled(route.path, beganAt)
      this.#failed(name, turn, thrown)
    }
    this.#calling = false
  }

  #await(name: HandlerName, turn: Turn, promise: PromiseLike<unknown>): void {
    this.#turn = turn
    this.#running = name
    this.#runningSince = this.#life.context.wheel.now
    this.#overdue = false
    turn.waitFor(promise, this)
    if (this.#stopped) turn.abort(this.#life.endReason())
    else this.#arm(this.#life.options.handlerTimeoutMs)
  }

  turnOnSettled(): void {
    this.#tellTraffic()
    this.#turn = null
    this.#disarm()
    this.#advance()
  }

  turnOnFailed(turn: Turn, thrown: unknown): void {
    this.#failed(this.#running, turn, thrown)
    this.turnOnSettled()
  }

  /** The handler that took its time does so no more, or nobody will know how long. */
  #tellTraffic(): void {
    const { context, route } = this.#life
    // It may have begun before anybody wanted to know.
    if (this.#beganAt > 0) context.traffic?.handled(route.path, this.#beganAt)
    this.#beganAt = 0
  }

  #arm(delayMs: number): void {
    this.#deadline ??= new Deadline(this)
    this.#life.context.wheel.arm(this.#deadline, delayMs)
  }

  #disarm(): void {
    if (this.#deadline !== null) this.#life.context.wheel.cancel(this.#deadline)
  }

  #advance(): void {
    while (this.#turn === null && !this.#stopped) {
      const hook = this.#nextHook
      if (hook !== null) {
        this.#nextHook = AFTER[hook]
        if (hook === 'hold moved') this.#run('hold', undefined, true)
        else this.#run(hook, undefined)
        continue
      }
      const message = this.#queue?.shift()
      if (message !== undefined) this.#run('message', message)
      else if (this.#farewell) {
        this.#farewell = false
        this.#run('drain', undefined)
      } else break
    }
    if (this.#queue !== null && !this.#stopped) {
      this.#life.inboxDrained(this.#queue.count)
      // A burst is over: a connection that is quiet again keeps no queue.
      if (this.#queue?.count === 0) this.#queue = null
    }
    if (this.#whenIdle !== null && this.idle) {
      const fn = this.#whenIdle
      this.#whenIdle = null
      fn()
    }
  }

  #failed(handler: HandlerName, turn: Turn, cause: unknown): void {
    // A handler that stops because its signal, or the connection's, told it to has not failed.
    if (turn.reason !== null && isAbort(cause, turn.reason)) return
    if (this.#stopped && isAbort(cause, this.#life.endReason())) return
    const { route } = this.#life
    const details = { handler, route: route.path, message: messageOf(cause) }
    note(this.#life, 'handler failed', handler)
    this.#life.report(new HoldfastError('HF_HANDLER_FAILED', details, { cause }))
    // It is about to end, and not for this.
    if (handler !== 'drain') this.#life.end(ENDINGS.handlerFailed)
  }
}

/** Looks for `message` by its name alone: it is asked for each of them. */
function isThere(handlers: RouteHandlers['handlers'], name: HandlerName): boolean {
  return name === 'message' ? handlers.message !== undefined : handlers[name] !== undefined
}
