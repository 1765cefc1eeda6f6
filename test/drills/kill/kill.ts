/**
 * The drill `kill`: a reload with clients, and SIGKILL of the old worker, the new one or the supervisor at a random moment
 * of it; again and again. Afterwards every connection is on exactly one worker and still in order, or its client has seen its
 * end; none is served twice, none hangs, nothing is left.
 */
import { whenOver } from '../over.ts'
import { type Check, exactly, type Verdict } from '../verdict.ts'
import { nameOf, type Plan } from './kill-plan.ts'
import { KillStage, type RoundResult, type StageOptions } from './kill-stage.ts'

export interface KillOptions extends StageOptions {
  readonly name: string
  readonly seed: number
  readonly plans: readonly Plan[]
  /** Told after each kill. */
  say(line: string): void
}

/** Steps that undo what was started, last in first out. */
class Cleanup {
  readonly #steps: (() => void | Promise<void>)[] = []

  after(step: () => void | Promise<void>): void {
    this.#steps.push(step)
  }

  async run(): Promise<void> {
    for (const step of this.#steps.splice(0).reverse()) await step()
  }
}

export async function drillKill(options: KillOptions): Promise<Verdict> {
  const cleanup = new Cleanup()
  // Synchronous steps are done even then: processes are told to end.
  const forget = whenOver(() => void cleanup.run())
  const results: RoundResult[] = []
  try {
    const stage = await KillStage.start(cleanup as never, options)
    for (const [index, plan] of options.plans.entries()) {
      const result = await stage.round(plan).catch((thrown: unknown) => failed(plan, thrown))
      results.push(result)
      options.say(`${index + 1}/${options.plans.length} ${lineOf(result)}`)
      if (result.living < 0) break
    }
  } finally {
    forget()
    await cleanup.run()
  }
  return { drill: options.name, checks: checksOf(results, options.plans), numbers: numbersOf(results, options.seed) }
}

/** It could not go on. */
function failed(plan: Plan, thrown: unknown): RoundResult {
  const problems = [thrown instanceof Error ? thrown.message : String(thrown)]
  return { name: nameOf(plan), killed: false, problems, ended: {}, living: -1, missed: 0, takeover: null }
}

function lineOf({ name, killed, problems, ended, living, missed, takeover }: RoundResult): string {
  const parts = [killed ? name : `${name} (NOT killed)`, `${living} live, ended ${JSON.stringify(ended)}`]
  if (missed > 0) parts.push(`${missed} room messages died`)
  if (takeover !== null) {
    parts.push(`next supervisor after ${takeover.takeoverMs} ms, ${takeover.portMs} of them for the port`)
  }
  return [...parts, ...problems.map((problem) => `NOT OK: ${problem}`)].join('; ')
}

function checksOf(results: readonly RoundResult[], plans: readonly Plan[]): Check[] {
  return [
    exactly('kills', results.filter(({ killed }) => killed).length, plans.length),
    exactly(
      'what was wrong',
      results.flatMap(({ name, problems }) => problems.map((problem) => `${name}: ${problem}`)),
      [],
    ),
  ]
}

function numbersOf(results: readonly RoundResult[], seed: number): Record<string, unknown> {
  const ended: Record<string, number> = {}
  for (const one of results)
    for (const [code, count] of Object.entries(one.ended)) ended[code] = (ended[code] ?? 0) + count
  return {
    seed,
    living: results.reduce((sum, { living }) => sum + Math.max(0, living), 0),
    ended,
    roomMessagesDied: results.reduce((sum, { missed }) => sum + missed, 0),
    takeover: results.flatMap(({ takeover }) => takeover ?? []),
  }
}
