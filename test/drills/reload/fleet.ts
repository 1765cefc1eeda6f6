/**
 * `holdfast run` with the app of the drill, as a drill owns it: reloaded as often as it is asked to, watched meanwhile, and
 * gone when the drill is over, however it ends.
 */
import { fileURLToPath } from 'node:url'
import { type Owner, type Said, Supervised } from '../../support/supervised.ts'
import { cpuMsOf } from '../memory.ts'
import { whenOver } from '../over.ts'

export interface FleetOptions {
  readonly workers: number
  readonly flags?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
}

/** What one reload took. */
export interface Reloaded {
  readonly moved: number
  readonly movesPerSecond: number
  readonly movingMs: number
  readonly durationMs: number
  readonly stayed: Readonly<Record<string, number>>
  readonly unanswered: number
  readonly drained: number
  /** Of the processors, from the call to the end: supervisor, old workers, new workers. */
  readonly cpuMs: readonly [supervisor: number, old: number, next: number]
}

const APP = fileURLToPath(new URL('app.js', import.meta.url))
const LOOK_MS = 50

export class Fleet {
  readonly run: Supervised
  readonly #owner: { readonly steps: (() => unknown)[] }
  readonly #forget: () => void

  private constructor(run: Supervised, owner: { readonly steps: (() => unknown)[] }) {
    this.run = run
    this.#owner = owner
    this.#forget = whenOver(() => run.signal('SIGKILL'))
  }

  /** Resolves when all workers serve. */
  static async start({ workers, flags = [], env = {} }: FleetOptions): Promise<Fleet> {
    const steps: (() => unknown)[] = []
    const owner: Owner = { after: (step) => void steps.push(step) }
    const run = new Supervised(owner, APP, {
      flags: ['--workers', String(workers), ...flags],
      env,
    })
    const fleet = new Fleet(run, { steps })
    try {
      await run.event('started')
      return fleet
    } catch (thrown) {
      await fleet.end()
      throw thrown
    }
  }

  get url(): string {
    return `ws://127.0.0.1:${this.run.port}`
  }

  /** @throws when it has failed */
  async reload(): Promise<Reloaded> {
    const old = this.run.serving
    const before = new Map([this.run.pid, ...old].map((pid) => [pid, cpuMsOf(pid)]))
    const now = new Map(before)
    const look = setInterval(() => {
      for (const pid of [this.run.pid, ...this.run.pids]) now.set(pid, Math.max(now.get(pid) ?? 0, cpuMsOf(pid)))
    }, LOOK_MS)
    try {
      return reloadedOf(await this.run.reload(), cpuOf(this.run.pid, old, before, now))
    } finally {
      clearInterval(look)
    }
  }

  /** Everything it has started is gone then. */
  async end(): Promise<void> {
    this.#forget()
    for (const step of this.#owner.steps.splice(0).reverse()) await step()
  }
}

function cpuOf(
  supervisor: number,
  old: readonly number[],
  before: ReadonlyMap<number, number>,
  now: ReadonlyMap<number, number>,
): Reloaded['cpuMs'] {
  const sums: [number, number, number] = [0, 0, 0]
  for (const [pid, ms] of now) {
    const of = pid === supervisor ? 0 : old.includes(pid) ? 1 : 2
    // Those that had gone before.
    if (ms > 0) sums[of] += ms - (before.get(pid) ?? 0)
  }
  return sums
}

function reloadedOf(said: Said, cpuMs: Reloaded['cpuMs']): Reloaded {
  if (said.event !== 'reloaded') throw new Error(`the reload failed: ${said.reason}`)
  const { moved, movesPerSecond, durationMs, stayed, unanswered } = said as Said & Reloaded
  const slots = said.slots as readonly { readonly move: { readonly movingMs: number } | null }[]
  const movingMs = slots.reduce((sum, { move }) => sum + (move?.movingMs ?? 0), 0)
  // Not those that were leaving by themselves when the drain began.
  const { finished, forced } = said.drained as { readonly finished: number; readonly forced: number }
  const drained = finished + forced
  return { moved, movesPerSecond, movingMs, durationMs, stayed, unanswered, drained, cpuMs }
}
