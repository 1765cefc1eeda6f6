/**
 * Runs targets, each for its part of the time, and reports a finding so that anybody can repeat it.
 * Owns what the targets open and closes it. Errors that escape everywhere else in the process count as findings too.
 */
import { Random } from './random.ts'
import { caseSeed, type Session, type Target, within } from './target.ts'

/** One case may take so long; a case that hangs is a finding. */
const CASE_MS = 30_000

export interface Finding {
  readonly target: string
  readonly seed: number
  readonly index: number
  readonly error: Error
}

export interface Tally {
  readonly target: string
  readonly cases: number
  readonly seconds: number
  readonly finding: Finding | null
}

/** Runs one target for `ms`, from case `first` on, at most `count` cases; stops at the first finding. */
export async function runTarget(
  target: Target,
  seed: number,
  ms: number,
  first = 0,
  count: number = Number.POSITIVE_INFINITY,
): Promise<Tally> {
  const escaped: Error[] = []
  const onEscape = (thrown: unknown): void => {
    escaped.push(new Error(`escaped from the library: ${String(thrown)}`, { cause: thrown }))
  }
  process.on('uncaughtException', onEscape)
  process.on('unhandledRejection', onEscape)
  const began = performance.now()
  let index = first
  let finding: Finding | null = null
  const session = await target.open()
  try {
    const last = first + count
    while (index < last && performance.now() - began < ms) {
      await oneCase(session, target.name, seed, index)
      if (escaped[0] !== undefined) throw escaped[0]
      index += 1
      // Timers and sockets of the process get their turn.
      if (index % 64 === 0) await new Promise(setImmediate)
    }
  } catch (thrown) {
    finding = { target: target.name, seed, index, error: thrown as Error }
  }
  try {
    await within(CASE_MS, `closing ${target.name}`, session.close())
    if (escaped[0] !== undefined) throw escaped[0]
  } catch (thrown) {
    finding ??= { target: target.name, seed, index, error: thrown as Error }
  }
  process.off('uncaughtException', onEscape)
  process.off('unhandledRejection', onEscape)
  return { target: target.name, cases: index - first, seconds: (performance.now() - began) / 1000, finding }
}

async function oneCase(session: Session, target: string, seed: number, index: number): Promise<void> {
  const running = session.run(new Random(caseSeed(target, seed, index)))
  if (running !== undefined) await within(CASE_MS, `case ${index}`, running)
}

/** What to do with a finding. */
export function describe({ target, seed, index, error }: Finding): string {
  if (target.endsWith('.hex'))
    return `corpus/${target}: ${error.stack ?? error.message}\nreplay: npm run fuzz -- --minutes 0.1`
  const replay = `npm run fuzz -- --target ${target} --seed ${seed} --case ${index}`
  const keep = `to keep it: a line "${target} ${seed} ${index}" with the reason in test/fuzz/corpus/cases.txt`
  return `${target}: seed ${seed}, case ${index}: ${error.stack ?? error.message}\nreplay: ${replay}\n${keep}`
}

/** Cases per second, for people. */
export function tell({ target, cases, seconds, finding }: Tally): string {
  const rate = Math.round(cases / Math.max(seconds, 0.001))
  return `${target}: ${cases} cases in ${seconds.toFixed(1)} s (${rate}/s)${finding === null ? '' : ', FOUND'}`
}
