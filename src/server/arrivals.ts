/**
 * The new side of moves: expected, adopted, committed. Until it is committed a connection is nobody's here: nothing is read or
 * written, it is in no list, and no user code runs but `restore`.
 *
 * Owned by the server, which ends it: then all that is not committed is abandoned. Each one ends with commit() or abandon(), or is
 * abandoned a minute after it was last heard of.
 */
import type { Socket } from 'node:net'
import { HoldfastError, messageOf } from '../base/errors.ts'
import { Deadline } from '../base/wheel.ts'
import { arrive, makeArrival } from '../connection/arrive.ts'
import type { ConnectionContext } from '../connection/connection-context.ts'
import { closeHandle, isTcpHandle, socketOf } from '../connection/raw-handle.ts'
import { type Snapshot, unpackData, unpackSnapshot } from '../connection/snapshot.ts'
import { destroySocket, ownSocket, type SocketOwner } from '../connection/socket.ts'
import { isTopic, topicsOf } from '../connection/topic.ts'
import type { Hub } from '../hub/hub.ts'
import type { Ledger } from '../hub/ledger.ts'
import type { DeflateOptions } from '../protocol/deflate.ts'
import type { Arrivals } from './internals.ts'
import type { Route, Routes } from './routes.ts'
import { readDeflate } from './server-options.ts'

/** Nobody waits longer for the next word about a connection, in milliseconds. */
const WORD_MS = 60_000

/** Why a connection is not taken up, and what was wanted instead. docs/LIFECYCLE.md lists them. */
export const MOVE_REFUSALS = {
  closing: 'a server that is not closing',
  abandoned: 'its old process to still want that',
  twice: 'each connection once',
  handle: 'a raw TCP handle',
  format: 'a state that this version can read',
  route: 'a route with the same path as the one it was opened on',
  topics: 'what is kept for it to be all that it gets',
  behind: 'at most outboxBytesMax to be published for it before it is here',
  restore: '`handoff.restore` of its route to give its data, within handlerTimeoutMs',
} as const

export interface ArrivalsContext extends ConnectionContext {
  readonly hub: Hub
  readonly ledger: Ledger
  readonly routes: Routes
  readonly admission: { arrived(address: string): void }
  readonly closing: boolean
  /** A connection has come. */
  connectionOnCame(): void
  /** A socket has gone that was no connection's. */
  openingOnGone(): void
}

type Reason = keyof typeof MOVE_REFUSALS

/** With the reason by itself, by which refusals can be counted. */
class MoveRefused extends HoldfastError {
  readonly reason: Reason

  constructor(id: string, reason: Reason, cause?: unknown) {
    super('HF_MOVE_REFUSED', { id, reason, wanted: MOVE_REFUSALS[reason] }, { cause })
    this.reason = reason
  }
}

/** One that is expected, adopted, or was abandoned: then it is remembered, so that it cannot come after all. */
interface Expected {
  readonly deadline: Deadline
  adopting: boolean
  abandoned: boolean
  here: Here | null
}

/** Its descriptor is here, and all that is needed to go on. */
interface Here {
  readonly socket: Socket
  readonly owner: ArrivingOwner
  readonly snapshot: Snapshot
  readonly route: Route
  readonly data: unknown
}

export class HubArrivals implements Arrivals {
  readonly #context: ArrivalsContext
  readonly #bytesMax: number
  /** For connections that compress, on a route that does not any more. */
  readonly #deflate = readDeflate('arrivals', true) as DeflateOptions
  // Removed by: commit(), a refusal, or its deadline.
  readonly #expected = new Map<string, Expected>()
  /** Of those that are not committed. */
  // Removed by: commit(), or the close of the socket.
  readonly sockets = new Set<Socket>()
  #size = 0

  /** @param bytesMax so much is kept for each that is expected */
  constructor(context: ArrivalsContext, bytesMax: number) {
    this.#context = context
    this.#bytesMax = bytesMax
  }

  get size(): number {
    return this.#size
  }

  expect(id: string, topics: readonly string[]): void {
    if (this.#context.closing) return
    const expected = this.#note(id)
    if (!expected.abandoned) this.#context.hub.absent.expect(id, topics.filter(isTopic), this.#bytesMax)
  }

  async adopt(id: string, state: Uint8Array, handle: object): Promise<void> {
    if (!isTcpHandle(handle)) {
      closeHandle(handle)
      throw this.#refuse(id, 'handle')
    }
    const socket = socketOf(handle)
    const owner = new ArrivingOwner(() => this.#socketGone(socket))
    this.sockets.add(socket)
    this.#context.ledger.sockets++
    ownSocket(socket, owner)
    try {
      const expected = this.#begin(id)
      const { snapshot, route } = this.#read(id, state)
      const data = await this.#restore(id, snapshot, route)
      this.#check(id, expected, snapshot)
      expected.here = { socket, owner, snapshot, route, data }
      this.#size++
    } catch (thrown) {
      destroySocket(socket)
      throw thrown
    }
  }

  commit(id: string): void {
    const expected = this.#expected.get(id)
    if (expected === undefined || expected.here === null) return
    const { socket, owner, snapshot, route, data } = expected.here
    const context = this.#context
    this.#forget(id, expected)
    this.#size--
    this.sockets.delete(socket)
    const deflate = route.deflate ?? this.#deflate
    if (owner.gone) context.ledger.sockets++
    const life = makeArrival({ context, route, options: route.options, deflate, socket, id, data }, snapshot)
    context.ledger.connectionAdopted()
    context.admission.arrived(life.remoteAddress)
    context.hub.add(life)
    context.connectionOnCame()
    ownSocket(socket, life)
    arrive(life, snapshot)
    // It said so to the owner before.
    if (owner.gone) life.socketOnClose()
  }

  abandon(id: string): void {
    const expected = this.#note(id)
    expected.abandoned = true
    this.#context.hub.absent.take(id)
    const { here } = expected
    if (here === null) return
    expected.here = null
    this.#size--
    destroySocket(here.socket)
  }

  forget(id: string): void {
    const expected = this.#expected.get(id)
    if (expected === undefined || expected.adopting || expected.abandoned) return
    this.#context.hub.absent.take(id)
    this.#forget(id, expected)
  }

  /** The server closes: nobody comes any more. */
  end(): void {
    for (const id of this.#expected.keys()) this.#late(id)
  }

  /** Its deadline begins anew. */
  #note(id: string): Expected {
    let expected = this.#expected.get(id)
    if (expected === undefined) {
      const deadline = new Deadline({ deadlineOnDue: () => this.#late(id) })
      expected = { deadline, adopting: false, abandoned: false, here: null }
      this.#expected.set(id, expected)
    }
    this.#context.wheel.arm(expected.deadline, WORD_MS)
    return expected
  }

  #begin(id: string): Expected {
    if (this.#context.closing) throw this.#refuse(id, 'closing')
    const known = this.#expected.get(id)
    if (known?.abandoned === true) throw new MoveRefused(id, 'abandoned')
    if (known?.adopting === true || this.#context.hub.connection(id) !== undefined) throw new MoveRefused(id, 'twice')
    const expected = this.#note(id)
    expected.adopting = true
    return expected
  }

  #read(id: string, state: Uint8Array): { readonly snapshot: Snapshot; readonly route: Route } {
    const snapshot = unpackSnapshot(state)
    if (snapshot === null) throw this.#refuse(id, 'format')
    const route = this.#context.routes.declared(snapshot.route)
    if (route === undefined) throw this.#refuse(id, 'route')
    return { snapshot, route }
  }

  async #restore(id: string, snapshot: Snapshot, route: Route): Promise<unknown> {
    const { handoff } = route.handlers
    let late: Deadline | null = null
    try {
      const data = unpackData(snapshot.data)
      if (!snapshot.saved) return data
      if (handoff === undefined) throw new TypeError('the route has no handoff any more')
      const restored = handoff.restore(data)
      const tooLate = new Promise<never>((_, reject) => {
        const { handlerTimeoutMs } = route.options
        late = this.#context.wheel.after(handlerTimeoutMs, () =>
          reject(new Error(`not done in ${handlerTimeoutMs} ms`)),
        )
      })
      return await Promise.race([restored, tooLate])
    } catch (cause) {
      const details = { method: 'restore', route: route.path, message: messageOf(cause) }
      this.#context.report(new HoldfastError('HF_HANDOFF_FAILED', details, { cause }), undefined, route.path)
      throw this.#refuse(id, 'restore', cause)
    } finally {
      if (late !== null) this.#context.wheel.cancel(late)
    }
  }

  /** What may have changed while `restore` ran. */
  #check(id: string, expected: Expected, snapshot: Snapshot): void {
    if (expected.abandoned) throw this.#refuse(id, this.#context.closing ? 'closing' : 'abandoned')
    const kept = this.#context.hub.absent.of(id)
    if (kept === undefined) return
    if (kept.isOver) throw this.#refuse(id, 'behind')
    if (topicsOf(snapshot.rooms, snapshot.user).some((topic) => !kept.topics.has(topic))) {
      throw this.#refuse(id, 'topics')
    }
  }

  /** It is not going to come; an abandoned one is remembered until its deadline. */
  #refuse(id: string, reason: Reason, cause?: unknown): MoveRefused {
    this.#context.hub.absent.take(id)
    const expected = this.#expected.get(id)
    if (expected !== undefined) {
      expected.adopting = false
      if (!expected.abandoned || !expected.deadline.armed || this.#context.closing) this.#forget(id, expected)
    }
    return new MoveRefused(id, reason, cause)
  }

  #forget(id: string, expected: Expected): void {
    this.#context.wheel.cancel(expected.deadline)
    this.#expected.delete(id)
  }

  #late(id: string): void {
    const expected = this.#expected.get(id)
    if (expected === undefined) return
    const isReading = expected.adopting && expected.here === null
    this.abandon(id)
    // What adopt() still waits for comes too late, and takes the entry out.
    if (isReading) this.#context.wheel.cancel(expected.deadline)
    else this.#forget(id, expected)
  }

  #socketGone(socket: Socket): void {
    this.sockets.delete(socket)
    this.#context.ledger.sockets--
    this.#context.openingOnGone()
  }
}

/** Owns a socket that is not committed: nothing is read, so all it can hear is that the socket is gone. */
class ArrivingOwner implements SocketOwner {
  gone = false
  readonly #onGone: () => void

  constructor(onGone: () => void) {
    this.#onGone = onGone
  }

  socketOnData(): void {}

  socketOnDrain(): void {}

  socketOnEnd(): void {}

  socketOnError(): void {}

  socketOnClose(): void {
    this.gone = true
    this.#onGone()
  }
}
