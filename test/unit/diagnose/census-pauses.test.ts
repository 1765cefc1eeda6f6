/** What a full collection is expected to take is learned: up at once, down slowly, and never for good. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PauseEstimate } from '../../../src/resilience/pause-estimate.ts'

const MIB = 1024 * 1024

test('up at once, down by steps, not below half of where it began', () => {
  const pauses = new PauseEstimate()
  const first = pauses.of(100 * MIB)
  assert.ok(first > 50 && first < 200)
  pauses.learn(500, 100 * MIB)
  assert.equal(Math.round(pauses.of(100 * MIB)), 500)
  pauses.learn(100, 100 * MIB)
  assert.equal(Math.round(pauses.of(100 * MIB)), 400)
  for (let times = 0; times < 50; times++) pauses.learn(1, 100 * MIB)
  assert.equal(pauses.of(100 * MIB), first / 2)
})

test('one that was not done for it is forgiven, in steps', () => {
  const pauses = new PauseEstimate()
  const first = pauses.of(MIB)
  pauses.learn(1_000, MIB)
  for (let times = 0; times < 50; times++) pauses.forgive()
  assert.ok(pauses.of(MIB) < first * 1.01)
})
