/**
 * The short form of `npm run fuzz`: the corpus, then every target for its part of HOLDFAST_FUZZ_SECONDS (default 60), with a seed
 * of the day's choosing that a failure names.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describe, runTarget, tell } from './campaign.ts'
import { replayCorpus } from './corpus.ts'
import { TARGETS } from './targets.ts'

const seconds = Number(process.env.HOLDFAST_FUZZ_SECONDS ?? 60)
const seed = Number(process.env.HOLDFAST_FUZZ_SEED ?? Math.floor(Math.random() * 1e9))
const shares = TARGETS.reduce((sum, { share }) => sum + share, 0)

test('what once failed does not fail again', async () => {
  assert.deepEqual((await replayCorpus()).map(describe), [])
})

for (const target of TARGETS) {
  test(`${target.name}: ${target.about}`, async (t) => {
    const tally = await runTarget(target, seed, (seconds * 1000 * target.share) / shares)
    t.diagnostic(tell(tally))
    assert.equal(tally.finding === null ? '' : describe(tally.finding), '')
    assert.ok(tally.cases > 0, 'not a single case in the time given')
  })
}
