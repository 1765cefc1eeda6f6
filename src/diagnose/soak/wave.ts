/**
 * One round: so many connections come, talk, and leave. All of them are there at once before the first one leaves.
 *
 * A function, and the set of those that have vanished and that the server has not let go of; `Vanished` is owned by the soak, and
 * ends with `dropAll()`.
 */
import type { Clock } from '../../base/clock.ts'
import type { DialTarget } from '../dial/dial-target.ts'
import { pause } from '../dial/waiting.ts'
import type { Step } from './script.ts'
import { type Leave, type Visit, Visitor, type VisitorLimits } from './visitor.ts'

export interface WaveOptions {
  readonly target: DialTarget
  readonly script: readonly Step[]
  readonly connections: number
  /** So many are on their way in at once, below the backlog of a listener. */
  readonly atOnce: number
  /** New connections in a second at most; 0: as fast as they are answered. */
  readonly perSecond: number
  /** Taken in turn. */
  readonly leaves: readonly Leave[]
  readonly limits: VisitorLimits
  readonly clock: Clock
  readonly signal: AbortSignal
}

export interface WaveResult {
  readonly tried: number
  readonly opened: number
  readonly vanished: number
  /** How often each thing went wrong. */
  readonly problems: ReadonlyMap<string, number>
  /** Of those that did not come: the status that most of them were answered with, or null. */
  readonly refusedWith: number | null
}

/** Those the server has not let go of yet. */
export class Vanished {
  // Removed by: the end of each, at the latest dropAll(). Bounded by the descriptors the soak allows itself.
  readonly #visitors = new Set<Visitor>()

  get size(): number {
    return this.#visitors.size
  }

  add(visitor: Visitor): void {
    this.#visitors.add(visitor)
    void visitor.gone.then(() => this.#visitors.delete(visitor))
  }

  async dropAll(): Promise<void> {
    const all = [...this.#visitors]
    for (const visitor of all) visitor.drop()
    await Promise.all(all.map(({ gone }) => gone))
  }
}

export async function wave(options: WaveOptions, vanished: Vanished): Promise<WaveResult> {
  const { connections, atOnce, leaves, signal } = options
  const there: Visitor[] = []
  const visits: Visit[] = []
  const pace = new Pace(options.clock, options.perSecond)
  let next = 0
  const comeOneByOne = async (): Promise<void> => {
    while (next < connections && !signal.aborted) {
      next += 1
      await pace.turn(signal)
      const visitor = new Visitor(options.target, options.clock, options.limits)
      const visit = await visitor.visit(options.script)
      visits.push(visit)
      if (visit.came) there.push(visitor)
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, connections) }, comeOneByOne))
  const ways = there.map((_, at) => leaves[at % leaves.length] as Leave)
  await Promise.all(
    there.map(async (visitor, at) => {
      const way = signal.aborted ? 'reset' : (ways[at] as Leave)
      if (way === 'vanish') vanished.add(visitor)
      await visitor.leave(way)
    }),
  )
  return resultOf(visits, signal.aborted ? 0 : ways.filter((way) => way === 'vanish').length)
}

function resultOf(visits: readonly Visit[], vanished: number): WaveResult {
  const problems = new Map<string, number>()
  const statuses = new Map<number, number>()
  for (const visit of visits) {
    if (visit.came && visit.talked) continue
    problems.set(visit.said, (problems.get(visit.said) ?? 0) + 1)
    if (!visit.came && visit.refusedWith !== null) {
      statuses.set(visit.refusedWith, (statuses.get(visit.refusedWith) ?? 0) + 1)
    }
  }
  const opened = visits.filter(({ came }) => came).length
  const [most] = [...statuses].sort(([, a], [, b]) => b - a)
  return { tried: visits.length, opened, vanished, problems, refusedWith: most?.[0] ?? null }
}

/** Turns at an even pace, one behind the other. */
class Pace {
  readonly #clock: Clock
  readonly #everyMs: number
  #next = 0

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock
    this.#everyMs = perSecond === 0 ? 0 : 1_000 / perSecond
  }

  async turn(signal: AbortSignal): Promise<void> {
    if (this.#everyMs === 0) return
    const now = this.#clock.now()
    const at = Math.max(now, this.#next)
    this.#next = at + this.#everyMs
    if (at > now) await pause(this.#clock, at - now, signal)
  }
}
