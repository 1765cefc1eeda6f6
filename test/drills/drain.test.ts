/** The drill `drain` in its short form, with a wide bar for its pace, and its control: all at once, which it has to see. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DrainDrillOptions, drillDrain, mostInSecond } from './drain.ts'
import { failures } from './verdict.ts'

const SHORT: DrainDrillOptions = {
  ...{ quiet: 250, busy: 50, stuck: 20, windowMs: 3_000, timeoutMs: 4_500 },
  ...{ retryAfterMs: [0, 0], paceMost: 2 },
}

test('a drained server: an even pace, nothing lost, stuck handlers named', async () => {
  assert.deepEqual(failures(await drillDrain(SHORT)), [])
})

test('control: all at once is found', async () => {
  const found = failures(await drillDrain({ ...SHORT, stuck: 0, burst: true })).join('\n')
  assert.match(found, /^in any second .*: \d{3}, at most 200$/)
})

test('the most in a second', () => {
  assert.equal(mostInSecond([]), 0)
  assert.equal(mostInSecond(Array.from({ length: 30 }, () => 10)), 100)
  assert.equal(mostInSecond([0, 0, 50, ...Array.from({ length: 8 }, () => 0), 50, 50, 0]), 100)
})
