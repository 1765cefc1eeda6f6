/**
 * Moving without losing, repeating or reordering a message, for any timing: a simulation by seed, and each part of the
 * argument (docs/ARCHITECTURE.md) left out in turn.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LeftOut, simulate } from '../../support/move-simulation.ts'

const FIRST = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9))

test('every client sees what every publisher says once and in order, however often they move', async (t) => {
  t.diagnostic(`SEED=${FIRST}`)
  let moved = 0
  let refused = 0
  for (let seed = FIRST; seed < FIRST + 10; seed++) {
    const report = await simulate({ seed, steps: 5_000 })
    assert.deepEqual(report.wrong, [], `SEED=${seed}`)
    moved += report.moved
    refused += report.refused
  }
  assert.ok(moved > 50 && refused > 5, `${moved} moves, ${refused} refused`)
})

const LEFT_OUT: readonly LeftOut[] = [
  'the first sync of the new worker',
  'the sync of the old worker',
  'looking at what comes after it',
  'marks',
  'keeping while it is away',
]

for (const without of LEFT_OUT) {
  test(`control: without ${without} it goes wrong`, async () => {
    let wrong = 0
    for (let seed = 1; seed <= 5; seed++) wrong += (await simulate({ seed, steps: 3_000, without })).wrong.length
    assert.ok(wrong > 0)
  })
}
