/**
 * A connection on its way to another process, on the side it leaves: frozen, then moving, then gone or served again.
 *
 * Made by `freeze`, which stops the reading; owned by whoever moves it. Ends with `adopted`, `refused`, `unanswered` or `unfreeze`, or
 * by itself when the connection ends or a minute has passed; then it holds nothing. From the moment its handle has been given out
 * until `refused` it never writes to the socket, ends it or shuts it down: another process may own it.
 */
import { HoldfastError, messageOf } from '../base/errors.ts'
import type { Wheel } from '../base/wheel.ts'
import { beginClosing, lostEnding, socketGone } from './closing.ts'
import { factsOf } from './facts.ts'
import type { Life } from './life.ts'
import { isScopeLost, obstacleOf } from './obstacle.ts'
import { whyNotPlain } from './plain-data.ts'
import { rawHandleOf, startReading, stopReading } from './raw-handle.ts'
import { packData, packSnapshot, type Times, takeSnapshot } from './snapshot.ts'
import { destroySocket } from './socket.ts'
import { type Leave, OPEN, transition } from './state.ts'
import { note } from './timeline.ts'
import { type Topic, topicsOf } from './topic.ts'

/** Nobody waits longer for an answer than this, in milliseconds. */
const ANSWER_MS = 60_000
/** What tasks get to stop, in milliseconds. */
const TASKS_MS = 5_000
/** A socket does not say when it has written the last bytes: it is looked at so often, in milliseconds. */
const LOOK_MS = 10

/** What travels beside each other: the state in chunks of the caller's, the raw handle over IPC. */
export interface Departed {
  /** All that the other side needs. */
  readonly state: Uint8Array
  /** The raw TCP handle (for `process.send` it is a `net.Native`), not reading. */
  readonly handle: object
}

/**
 * Stops reading, and waits until nothing runs.
 *
 * @returns null when it has an obstacle, began to end, or was still busy after `withinMs`: then it is served as before
 */
export async function freeze(life: Life, withinMs: number): Promise<Move | null> {
  if (obstacleOf(life) !== null) return null
  const move = new Move(life)
  return (await move.freeze(withinMs)) ? move : null
}

export class Move implements Leave {
  readonly id: string
  /** Null when it is over. */
  #life: Life | null
  readonly #wheel: Wheel
  readonly #times: Times
  /** Its tasks have been told to stop, or its scope has been released: if it stays, it needs a new one. */
  #scopeSpent = false
  #departing = false
  #settle: ((held: boolean) => void) | null = null
  #answer: 'none' | 'adopted' | 'unanswered' = 'none'
  #socketClosed = false

  constructor(life: Life) {
    const { wheel, wallNow } = life.context
    this.id = life.connection.id
    this.#life = life
    this.#wheel = wheel
    this.#times = {
      quietMs: life.readingPaused ? 0 : wheel.now - life.heardAt,
      beatMs: Math.max(0, life.deadline.dueAt - wheel.now),
      messageMs: life.held.messageMs,
      stoppedAt: wallNow(),
    }
    transition(life, { name: 'open', leave: this }, ANSWER_MS)
    note(life, 'frozen')
    life.pauseReading()
    stopReading(life.socket)
    // While nothing is read, the deadline of an unfinished message stands.
    life.held.track()
  }

  /** What it gets: see Arrivals.expect. */
  get topics(): readonly Topic[] {
    return this.#life === null ? [] : topicsOf(this.#life.rooms ?? [], this.#life.user)
  }

  /** Part of freeze(): waits until nothing runs. */
  async freeze(withinMs: number): Promise<boolean> {
    const life = this.#life
    if (life === null) return false
    const deadline = this.#wheel.now + withinMs
    let idle = await this.#wait(withinMs, (done) => life.inbox.whenIdle(done))
    if (this.#life === null) return false
    const scope = life.usedScope
    if (idle && scope !== null && scope.tasks > 0) {
      this.#scopeSpent = true
      const leftMs = Math.min(TASKS_MS, deadline - this.#wheel.now)
      scope.abort(life.movedReason())
      idle = await this.#wait(leftMs, (done) => scope.onTasksDone(done))
    }
    if (!idle) this.unfreeze()
    return idle && this.#life !== null
  }

  /**
   * Waits until the socket has taken what it was given, then the connection is `moving`.
   *
   * @returns null when that took longer than `withinMs`, it ended, or its data could not be saved: then it is served as before
   */
  async depart(withinMs: number): Promise<Departed | null> {
    const life = this.#life
    if (life === null || life.state.name !== 'open' || this.#departing) return null
    this.#departing = true
    life.outbox.hold()
    const written = await this.#wait(withinMs, (done) => this.#look(life, done))
    if (this.#life === null) return null
    const departed = written ? this.#depart(life) : null
    if (departed === null) this.unfreeze()
    return departed
  }

  /** The other process has it: our descriptor is closed, and that is all. */
  adopted(): void {
    this.#leave('adopted')
  }

  /** Nobody knows whether the other process has it: the same, announced and counted. */
  unanswered(): void {
    this.#leave('unanswered')
  }

  /** The other process will never have it: it is served again. */
  refused(): void {
    const life = this.#life
    if (life === null || life.state.name !== 'moving' || this.#answer !== 'none') return
    const { wish } = life.state
    life.context.ledger.movesRefused++
    transition(life, OPEN, this.#times.beatMs)
    life.outbox.release()
    life.renewScope()
    life.context.hub.comeBack(life)
    this.#serve(life)
    if (this.#socketClosed) socketGone(life, lostEnding(life))
    else if (wish !== null) beginClosing(life, wish.ending, wish.kill ? 'kill' : 'handshake')
  }

  /** Before it has departed: it is served again. */
  unfreeze(): void {
    const life = this.#life
    if (life === null || life.state.name !== 'open') return
    transition(life, OPEN, this.#times.beatMs)
    life.outbox.release()
    if (this.#scopeSpent) life.renewScope()
    this.#serve(life)
  }

  leaveOnDue(): void {
    // A socket that does not even say that it is closed is given up.
    if (this.#answer !== 'none') this.#life?.socketOnClose()
    else if (this.#life?.state.name === 'moving') this.unanswered()
    else this.unfreeze()
  }

  leaveOnEnding(): void {
    const life = this.#life
    if (life === null) return
    this.#over()
    life.outbox.release()
    startReading(life.socket)
  }

  leaveOnSocketClosed(): void {
    this.#socketClosed = true
    if (this.#answer !== 'none') this.#gone()
  }

  /** Looks until the socket has taken everything and no task runs. */
  #look(life: Life, done: () => void): void {
    if (this.#life === null) return
    if (life.socket.writableLength === 0 && (life.usedScope?.tasks ?? 0) === 0) done()
    else if (this.#settle !== null) this.#wheel.after(LOOK_MS, () => this.#look(life, done))
  }

  /** In one turn: nothing can be sent to it in between. */
  #depart(life: Life): Departed | null {
    const handle = rawHandleOf(life.socket)
    if (handle === null || isScopeLost(life)) return null
    const data = this.#saveData(life)
    if (data === null || this.#life === null) return null
    const { hub } = life.context
    const marks = hub.depart(life)
    let state: Uint8Array
    try {
      state = packSnapshot(takeSnapshot(life, data, marks, this.#times))
    } catch (cause) {
      // More than fits into one piece of memory, for example.
      hub.comeBack(life)
      this.#saveFailed(life, cause)
      return null
    }
    transition(life, { name: 'moving', leave: this, wish: null }, ANSWER_MS)
    note(life, 'moving away')
    // A release may have asked for a scope again.
    life.renewScope()
    return { state, handle }
  }

  /** Runs user code, and releases the scope: what `save` needs of it is there, and what a release changes in plain data travels. */
  #saveData(life: Life): { readonly bytes: Uint8Array; readonly saved: boolean } | null {
    const { connection, route } = life
    const { handoff } = route.handlers
    try {
      const saved = handoff?.save(connection)
      const why = handoff === undefined ? null : whyNotPlain(saved)
      if (why !== null) throw new TypeError(`not plain data: ${why}`)
      this.#scopeSpent = true
      if (this.#life !== null) life.renewScope()
      // What was plain when it was frozen may not be any more.
      if (handoff === undefined && whyNotPlain(life.data) !== null) return null
      return { bytes: packData(handoff === undefined ? life.data : saved), saved: handoff !== undefined }
    } catch (cause) {
      this.#saveFailed(life, cause)
      return null
    }
  }

  #saveFailed(life: Life, cause: unknown): void {
    const details = { method: 'save', route: life.route.path, message: messageOf(cause) }
    life.report(new HoldfastError('HF_HANDOFF_FAILED', details, { cause }))
  }

  /** It is open again: `hold` runs if its scope is a new one, and it is read. */
  #serve(life: Life): void {
    const { quietMs, messageMs } = this.#times
    const { messages } = life.reader
    const isScopeNew = this.#scopeSpent
    this.#over()
    note(life, 'served again')
    startReading(life.socket)
    if (isScopeNew) life.inbox.holdMoved()
    life.inboxDrained(life.inbox.waiting)
    life.heardAt = this.#wheel.now - quietMs
    // Unless it is another message by now.
    if (life.reader.messages === messages) life.held.messageSince(messageMs)
  }

  #leave(answer: 'adopted' | 'unanswered'): void {
    const life = this.#life
    if (life === null || life.state.name !== 'moving' || this.#answer !== 'none') return
    this.#answer = answer
    life.context.hub.departed(life)
    if (this.#socketClosed) this.#gone()
    else {
      this.#wheel.arm(life.deadline, life.options.closeTimeoutMs)
      destroySocket(life.socket)
    }
  }

  /** Our descriptor is back. */
  #gone(): void {
    const life = this.#life
    if (life === null) return
    const { context, connection, route } = life
    const answered = this.#answer === 'adopted'
    this.#over()
    transition(life, { name: 'moved' })
    if (!answered) context.ledger.movesUnanswered++
    note(life, 'moved away', answered ? 'answered' : 'unanswered')
    context.endObserver?.connectionOnEnded(factsOf(life))
    context.traffic?.ended(life, null)
    life.reader.stop()
    life.held.track()
    life.release({ ending: null, messagesReceived: life.messagesReceived, messagesSent: life.messagesSent })
    if (context.events.wanted('moved')) context.events.emit('moved', { connection, route: route.path, answered })
  }

  /** True when `begin` calls back before `withinMs` have passed and before the connection begins to end. */
  #wait(withinMs: number, begin: (done: () => void) => void): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (held: boolean): void => {
        if (this.#settle !== settle) return
        this.#settle = null
        this.#wheel.cancel(deadline)
        resolve(held)
      }
      this.#settle = settle
      const deadline = this.#wheel.after(withinMs, () => settle(false))
      begin(() => settle(true))
    })
  }

  #over(): void {
    this.#life?.inbox.forgetIdle()
    this.#life = null
    this.#settle?.(false)
  }
}
