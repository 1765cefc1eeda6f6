/** When a crashed worker is started again, and when not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Crashes } from '../../../src/rollout/crashes.ts'

test('pauses double, with jitter; the fifth crash in a row is a loop', () => {
  const longest = new Crashes(() => 0.999_999)
  const shortest = new Crashes(() => 0)
  assert.deepEqual(
    [0, 0, 0, 0, 0].map(() => longest.crashed(1, 10)),
    [100, 200, 400, 800, null],
  )
  assert.deepEqual(
    [0, 0, 0, 0, 0].map(() => shortest.crashed(1, 10)),
    [50, 100, 200, 400, null],
  )
  assert.equal(longest.count, 5)
})

test('whoever ran for a minute, or is another version, begins anew', () => {
  const crashes = new Crashes(() => 0)
  for (let index = 0; index < 4; index++) crashes.crashed(1, 10)
  assert.equal(crashes.crashed(1, 60_000), 50)
  for (let index = 0; index < 3; index++) crashes.crashed(1, 10)
  assert.equal(crashes.crashed(2, 10), 50)
  assert.equal(crashes.count, 9)
})
