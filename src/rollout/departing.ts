/**
 * The old side of a handoff: moves batches of connections over the lane. Until the new side has answered for all of a batch,
 * a connection is served by nobody; each ends up with exactly one of the two, or its client sees its end.
 *
 * Owned by the old worker; used by the tour, which says what to move. Ends with the lane: what was under way then is served
 * here again if the new process is dead, and let go of if it is not.
 */
import type { Clock } from '../base/clock.ts'
import type { Broker } from '../broker/broker.ts'
import type { Connection } from '../connection/connection.ts'
import type { Departed, Departures, Frozen } from '../server/internals.ts'
import { SYNC_MS } from './arriving.ts'
import { LANE, type Lane, type LaneOwner } from './lane.ts'
import { isDead } from './peer-fate.ts'

export interface DepartingInit {
  readonly lane: Lane
  readonly departures: Departures
  readonly broker: Pick<Broker, 'sync'>
  readonly clock: Clock
  readonly newPid: number
  isAlive(pid: number): boolean
}

/** What became of a batch. */
export interface BatchResult {
  readonly moved: number
  /** Connections that are served here still, with why: they were busy, say, or were refused. */
  readonly stayed: ReadonlyMap<string, string>
}

/** What is known of one that was sent. */
type Answer = 'adopted' | 'abandoned' | 'unanswered' | { readonly refused: string }

const ANSWER_MS = 10_000
const ABANDON_MS = 5_000
/** More than this does not wait in the lane. */
const LANE_BYTES_MAX = 4 * 1024 * 1024
const PAUSE_MS = 2
const NOTHING = new Uint8Array(0)

export class Departing implements LaneOwner {
  readonly #init: DepartingInit
  // Removed by: its answer, or the end of the wait for it.
  readonly #pending = new Map<string, (answer: Answer) => void>()
  /** Given up; if the other side has them after all, it may keep them. */
  // Bounded by what one move gives up; ends with it.
  readonly #givenUp = new Set<string>()
  // Removed by: `expected`, or the end.
  readonly #expecting = new Map<number, (problem: string) => void>()
  #batches = 0
  /** Why nothing can be moved any more, or null. */
  #problem: string | null = null
  /** The lane has ended: what does that mean for what was under way? */
  #fate: Promise<'abandoned' | 'unanswered'> | null = null
  unanswered = 0

  constructor(init: DepartingInit) {
    this.#init = init
  }

  begin(): void {
    this.#init.lane.begin(this)
  }

  get problem(): string | null {
    return this.#problem
  }

  /** Has the other side get ready for these. Rejects when it cannot. */
  async expect(connections: readonly (readonly [id: string, topics: readonly string[]])[]): Promise<void> {
    if (connections.length === 0) return
    const batch = ++this.#batches
    const problem = await this.#within<string>(SYNC_MS + ANSWER_MS, 'it did not answer', (resolve) => {
      this.#expecting.set(batch, resolve)
      this.#init.lane.sendJson(LANE.expect, { batch, connections })
    })
    this.#expecting.delete(batch)
    if (problem !== '') throw new Error(problem)
  }

  /**
   * Moves those that can; they were announced with `expect()`.
   *
   * @param freezeMs how long each may take to come to rest
   * @param departMs how long its socket may take then to take what it was given
   */
  async move(connections: readonly Connection[], freezeMs: number, departMs: number): Promise<BatchResult> {
    const { departures } = this.#init
    const before = new Map(connections.map((one) => [one.id, departures.topicsOf(one)]))
    const stayed = new Map<string, string>()
    const frozen: Frozen[] = []
    await Promise.all(
      connections.map(async (connection) => {
        const one = this.#problem === null ? await departures.freeze(connection, freezeMs) : null
        if (one === null) stayed.set(connection.id, 'busy')
        else frozen.push(one)
      }),
    )
    if (stayed.size > 0) this.forget([...stayed.keys()])
    if (frozen.length === 0) return { moved: 0, stayed }
    try {
      // They may have joined others since they were announced.
      const others = frozen.filter(({ id, topics }) => !hasAll(before.get(id) ?? [], topics))
      await this.expect(others.map(({ id, topics }) => [id, topics]))
      await this.#init.broker.sync(SYNC_MS)
    } catch {
      for (const one of frozen) {
        one.unfreeze()
        stayed.set(one.id, 'sync')
      }
      this.forget(frozen.map(({ id }) => id))
      return { moved: 0, stayed }
    }
    const answers = await this.#sendAll(frozen, departMs)
    const moved = await this.#conclude(answers, stayed)
    return { moved, stayed }
  }

  /** These were announced, and do not come now. */
  forget(ids: readonly string[]): void {
    if (this.#problem === null) this.#init.lane.sendJson(LANE.forget, ids)
  }

  laneOnFrame(kind: number, payload: Buffer): void {
    if (kind === LANE.expected) {
      const { batch, problem } = JSON.parse(payload.toString()) as { batch: number; problem: string }
      this.#expecting.get(batch)?.(problem)
    } else if (kind === LANE.adopted) {
      for (const id of JSON.parse(payload.toString()) as string[]) this.#answered(id, 'adopted')
    } else if (kind === LANE.abandoned) this.#answered(payload.toString(), 'abandoned')
    else if (kind === LANE.refused) {
      const { id, reason } = JSON.parse(payload.toString()) as { id: string; reason: string }
      this.#answered(id, { refused: reason })
    }
  }

  laneOnEnd(problem: string): void {
    this.#problem = problem || 'the new worker has closed the lane'
    for (const resolve of this.#expecting.values()) resolve(this.#problem)
    this.#expecting.clear()
    const { newPid, isAlive, clock } = this.#init
    this.#fate = isDead(newPid, isAlive, clock).then((dead) => (dead ? 'abandoned' : 'unanswered'))
    for (const answer of [...this.#pending.values()]) void this.#fate.then(answer)
  }

  /** Sends all off, and waits for what becomes of each. Null: it did not leave. */
  #sendAll(frozen: readonly Frozen[], departMs: number): Promise<(readonly [Frozen, Answer | null])[]> {
    let left = frozen.length
    const onSent = (): void => {
      if (--left === 0 && this.#problem === null) this.#init.lane.send(LANE.sent, NOTHING)
    }
    return Promise.all(frozen.map(async (one) => [one, await this.#send(one, departMs, onSent)] as const))
  }

  /** @param onSent is called once, before the answer is waited for */
  async #send(frozen: Frozen, departMs: number, onSent: () => void): Promise<Answer | null> {
    const departed = await this.#depart(frozen, departMs)
    const { id } = frozen
    // It was not sent yet, so nobody else can have it.
    const unsent = departed !== null && this.#problem !== null ? 'abandoned' : null
    if (departed === null || unsent !== null) {
      onSent()
      return unsent
    }
    const { lane } = this.#init
    const answer = this.#answer(id, ANSWER_MS, () => lane.sendState(id, departed.state, departed.handle))
    onSent()
    return await answer.catch(() => this.#giveUp(id))
  }

  /** Null: it stays. */
  async #depart(frozen: Frozen, departMs: number): Promise<Departed | null> {
    const { lane, clock } = this.#init
    while (lane.waitingBytes > LANE_BYTES_MAX && this.#problem === null) await pause(clock, PAUSE_MS)
    if (this.#problem === null) return await frozen.depart(departMs)
    frozen.unfreeze()
    return null
  }

  async #answer(id: string, withinMs: number, ask: () => void): Promise<Answer> {
    try {
      return await this.#within<Answer>(withinMs, 'no answer', (answer) => {
        this.#pending.set(id, answer)
        if (this.#fate === null) ask()
        else void this.#fate.then(answer)
      })
    } finally {
      this.#pending.delete(id)
    }
  }

  /** It has not answered in time: whatever it says now counts. */
  async #giveUp(id: string): Promise<Answer> {
    try {
      return await this.#answer(id, ABANDON_MS, () => this.#init.lane.sendJson(LANE.abandon, [id]))
    } catch {
      this.#givenUp.add(id)
      return 'unanswered'
    }
  }

  /** All of a batch are answered. @returns how many have moved */
  async #conclude(given: readonly (readonly [Frozen, Answer | null])[], stayed: Map<string, string>): Promise<number> {
    const { lane } = this.#init
    const adopted = given.filter(([, answer]) => answer === 'adopted').map(([{ id }]) => id)
    if (this.#fate === null && adopted.length > 0) lane.sendJson(LANE.commit, adopted)
    // Not told that they may, the other side has served none of these.
    const fate = lane.heard ? null : await this.#fateOfLane()
    const answers = given.map(([frozen, answer]) => [frozen, answer === 'adopted' ? (fate ?? answer) : answer] as const)
    for (const [frozen, answer] of answers) {
      if (answer === 'adopted') frozen.adopted()
      else if (answer === 'unanswered') {
        this.unanswered++
        frozen.unanswered()
      } else if (answer === null) {
        stayed.set(frozen.id, 'slow')
        this.forget([frozen.id])
      } else {
        frozen.refused()
        stayed.set(frozen.id, answer === 'abandoned' ? 'not taken over' : answer.refused)
      }
    }
    return fate === null ? adopted.length : 0
  }

  /** Known at the latest a little after its end, which may be read later than it is noticed in writing. */
  async #fateOfLane(): Promise<'abandoned' | 'unanswered'> {
    if (this.#fate === null) this.#init.lane.end('the new worker has closed the lane')
    return (await this.#fate) ?? 'unanswered'
  }

  #answered(id: string, answer: Answer): void {
    const pending = this.#pending.get(id)
    if (pending !== undefined) pending(answer)
    else if (answer === 'adopted' && this.#givenUp.delete(id)) this.#init.lane.sendJson(LANE.commit, [id])
  }

  /** What `begin` comes to, or a rejection after so long. */
  #within<Value>(ms: number, problem: string, begin: (resolve: (value: Value) => void) => void): Promise<Value> {
    return new Promise((resolve, reject) => {
      const timer = this.#init.clock.after(ms, () => reject(new Error(problem)))
      begin((value) => {
        timer.cancel()
        resolve(value)
      })
    })
  }
}

function hasAll(known: readonly string[], topics: readonly string[]): boolean {
  return topics.every((topic) => known.includes(topic))
}

export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve))
}
