/**
 * What can be fuzzed: a target is opened once and then runs cases, each drawn from a Random of its own. A case that throws has
 * found something. Owned by the campaign, which closes what it opened.
 */
import type { Random } from './random.ts'

export interface Target {
  readonly name: string
  /** What it checks, in one sentence. */
  readonly about: string
  /** Its part of the time, in parts of all. */
  readonly share: number
  open(): Promise<Session> | Session
}

export interface Session {
  /** One case. Throws when something is wrong; ends within the deadline of the campaign. */
  run(random: Random): Promise<void> | void
  /** Checks what only shows at the end, and gives everything back. */
  close(): Promise<void>
}

/** The seed of one case: from it alone the case can be repeated. */
export function caseSeed(target: string, seed: number, index: number): string {
  return `${target}:${seed}:${index}`
}

/** Throws unless `condition` holds. `message` is only made when it does not. */
export function must(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new Error(message())
}

/** Waits for `promise`, at most `ms`; what did not come is named. */
export async function within<Result>(ms: number, what: string, promise: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
