/**
 * The new side of a handoff: takes connections in, and serves each when the old side has said that it is ours. It alone
 * decides whether it takes one; it never serves one that the old process might still serve.
 *
 * Owned by the new worker. Ends with the lane: what was not said to be ours by then is ours if the old process is dead, and
 * given up if it is not.
 */
import type { Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { Broker } from '../broker/broker.ts'
import { closeHandle } from '../connection/raw-handle.ts'
import type { Arrivals } from '../server/internals.ts'
import { LANE, type Lane, type LaneOwner, readPiece } from './lane.ts'
import { isDead } from './peer-fate.ts'

export interface ArrivingInit {
  readonly lane: Pick<Lane, 'begin' | 'send' | 'sendJson'>
  readonly arrivals: Arrivals
  readonly broker: Pick<Broker, 'sync'>
  readonly clock: Clock
  readonly oldPid: number
  isAlive(pid: number): boolean
}

/** Connections that are about to come, and what they get of what is published. */
export interface Expected {
  readonly batch: number
  readonly connections: readonly (readonly [id: string, topics: readonly string[]])[]
}

/** All workers have to answer within this time. */
export const SYNC_MS = 5_000

export class Arriving implements LaneOwner {
  readonly #init: ArrivingInit
  /** Pieces of states that are not whole. */
  // Removed by: `arrives`, or the end.
  readonly #pieces = new Map<string, Buffer[]>()
  // Removed by: what adopt() says.
  readonly #adopting = new Map<string, Promise<void>>()
  // Removed by: `commit`, or the end.
  readonly #adopted = new Set<string>()
  /** Adopted, and the other side does not know. */
  #unsaid: string[] = []
  #leaving = false
  #saying = false
  /** Asked for while it was being adopted. */
  // Removed by: what adopt() says.
  readonly #late = new Set<string>()

  constructor(init: ArrivingInit) {
    this.#init = init
  }

  begin(): void {
    this.#init.lane.begin(this)
  }

  /** Nobody more is taken in: this worker is going to leave. */
  leave(): void {
    this.#leaving = true
  }

  /** How many were taken in, or are about to be, of which it is not said yet whose they are. */
  get undecided(): number {
    return this.#adopting.size + this.#adopted.size
  }

  laneOnFrame(kind: number, payload: Buffer, handle: object | null): void {
    if (kind === LANE.expect) this.#expect(JSON.parse(payload.toString()))
    else if (kind === LANE.state) this.#piece(payload)
    else if (kind === LANE.arrives) this.#arrives(payload.toString(), handle)
    else if (kind === LANE.commit) for (const id of idsOf(payload)) this.#commit(id)
    else if (kind === LANE.abandon) for (const id of idsOf(payload)) this.#abandon(id)
    else if (kind === LANE.forget) for (const id of idsOf(payload)) this.#init.arrivals.forget(id)
    else if (kind === LANE.sent) this.#asked()
  }

  laneOnEnd(): void {
    this.#pieces.clear()
    void this.#settle()
  }

  #expect({ batch, connections }: Expected): void {
    const { arrivals, broker, lane } = this.#init
    for (const [id, topics] of connections) arrivals.expect(id, topics)
    broker.sync(SYNC_MS).then(
      () => lane.sendJson(LANE.expected, { batch, problem: '' }),
      (thrown: unknown) => lane.sendJson(LANE.expected, { batch, problem: messageOf(thrown) }),
    )
  }

  #piece(payload: Buffer): void {
    const { id, piece } = readPiece(payload)
    const pieces = this.#pieces.get(id)
    if (pieces === undefined) this.#pieces.set(id, [Buffer.from(piece)])
    else pieces.push(Buffer.from(piece))
  }

  #arrives(id: string, handle: object | null): void {
    const { arrivals, lane } = this.#init
    const pieces = this.#pieces.get(id) ?? []
    this.#pieces.delete(id)
    if (handle === null || this.#leaving) {
      if (handle !== null) closeHandle(handle)
      arrivals.abandon(id)
      const reason = handle === null ? 'its handle did not come' : 'the new worker is leaving'
      lane.sendJson(LANE.refused, { id, reason })
      return
    }
    const adopting = arrivals.adopt(id, Buffer.concat(pieces), handle).then(
      () => {
        this.#adopting.delete(id)
        this.#adopted.add(id)
        this.#unsaid.push(id)
        if (this.#late.delete(id)) this.#sayAdopted()
      },
      (thrown: unknown) => {
        this.#adopting.delete(id)
        this.#late.delete(id)
        lane.sendJson(LANE.refused, { id, reason: reasonOf(thrown) })
      },
    )
    this.#adopting.set(id, adopting)
  }

  #commit(id: string): void {
    if (this.#adopted.delete(id)) this.#init.arrivals.commit(id)
  }

  /** The old side has waited too long. Its answer may have crossed ours. */
  #abandon(id: string): void {
    const { arrivals, lane } = this.#init
    this.#pieces.delete(id)
    if (this.#adopted.has(id)) lane.sendJson(LANE.adopted, [id])
    else {
      arrivals.abandon(id)
      lane.send(LANE.abandoned, Buffer.from(id))
    }
  }

  /** All of a batch have been sent. Those that take longer are told of when they are here. */
  #asked(): void {
    for (const id of this.#adopting.keys()) this.#late.add(id)
    this.#sayAdopted()
  }

  /** All that is not said, together: each word for itself would wake the other process up. */
  #sayAdopted(): void {
    if (this.#saying) return
    this.#saying = true
    setImmediate(() => {
      this.#saying = false
      if (this.#unsaid.length > 0) this.#init.lane.sendJson(LANE.adopted, this.#unsaid)
      this.#unsaid = []
    })
  }

  async #settle(): Promise<void> {
    await Promise.all(this.#adopting.values())
    if (this.#adopted.size === 0) return
    const { arrivals, oldPid, isAlive, clock } = this.#init
    const ours = await isDead(oldPid, isAlive, clock)
    for (const id of this.#adopted) {
      if (ours) arrivals.commit(id)
      else arrivals.abandon(id)
    }
    this.#adopted.clear()
  }
}

/** One word where there is one: what is told apart by connection cannot be counted. The server may be of another copy of this package. */
function reasonOf(thrown: unknown): string {
  const { reason } = (thrown ?? {}) as { readonly reason?: unknown }
  return typeof reason === 'string' ? reason : messageOf(thrown)
}

function idsOf(payload: Buffer): string[] {
  return JSON.parse(payload.toString())
}
