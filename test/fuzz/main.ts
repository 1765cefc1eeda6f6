/**
 * `npm run fuzz -- --minutes 60 --seed 7`: first what once failed (corpus/), then every target in turns until the time is over.
 * `--target NAME --seed N --case K` repeats one case. Exits with 0 (nothing found), 1 (found) or 2 (wrong arguments).
 * Owns nothing beyond a run of runTarget.
 */
import { parseArgs } from 'node:util'
import { describe, runTarget, type Tally, tell } from './campaign.ts'
import { replayCorpus } from './corpus.ts'
import { TARGETS } from './targets.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string' },
    target: { type: 'string' },
    case: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
const minutes = Number(values.minutes)
const seed = values.seed === undefined ? Math.floor(Math.random() * 1e9) : Number(values.seed)
const targets = values.target === undefined ? TARGETS : TARGETS.filter(({ name }) => name === values.target)

process.exitCode = await main()

async function main(): Promise<number> {
  if (values.help || targets.length === 0 || !(minutes > 0) || !Number.isSafeInteger(seed)) {
    console.log('npm run fuzz -- [--minutes 60] [--seed N] [--target NAME [--case K]]; the targets:')
    for (const { name, about } of TARGETS) console.log(`  ${name.padEnd(9)} ${about}`)
    return values.help ? 0 : 2
  }
  if (values.case !== undefined) return replayOne(Number(values.case))
  console.log(`seed ${seed}, ${minutes} minutes`)
  const kept = values.target === undefined ? await replayCorpus() : []
  for (const finding of kept) console.log(`kept in the corpus and wrong again: ${describe(finding)}`)
  const found = await campaign()
  console.log(found === 0 && kept.length === 0 ? 'nothing found' : `found: ${found + kept.length}`)
  return found === 0 && kept.length === 0 ? 0 : 1
}

async function replayOne(index: number): Promise<number> {
  let found = 0
  for (const target of targets) {
    const tally = await runTarget(target, seed, Number.POSITIVE_INFINITY, index, 1)
    console.log(
      tally.finding === null ? `${target.name}: seed ${seed}, case ${index}: nothing wrong` : describe(tally.finding),
    )
    if (tally.finding !== null) found = 1
  }
  return found
}

/** All targets in rounds of up to a minute, so that a run that is cut short has seen all of them. */
async function campaign(): Promise<number> {
  const began = performance.now()
  const total = minutes * 60_000
  const shares = targets.reduce((sum, { share }) => sum + share, 0)
  const roundMs = Math.min(60_000, total)
  const next = new Map<string, number>()
  let found = 0
  while (performance.now() - began < total - 100) {
    const left = Math.min(roundMs, total - (performance.now() - began))
    for (const target of targets) {
      const first = next.get(target.name) ?? 0
      const tally: Tally = await runTarget(target, seed, (left * target.share) / shares, first)
      next.set(target.name, first + tally.cases + (tally.finding === null ? 0 : 1))
      const at = `${((performance.now() - began) / 60_000).toFixed(1)} min`
      console.log(`${at}  ${tell(tally)}, ${next.get(target.name)} in all`)
      if (tally.finding === null) continue
      found += 1
      console.log(describe(tally.finding))
    }
  }
  return found
}
