/** How late the event loop is, as `/metrics` has it: also for what would have been due while the process was stuck. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LoopDelay } from '../../../../src/ops/metrics/loop-delay.ts'
import { LOOP_SECONDS } from '../../../../src/ops/metrics/metric-table.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

function above(counts: readonly number[], seconds: number): number {
  return counts.slice(LOOP_SECONDS.indexOf(seconds as never) + 1).reduce((sum, count) => sum + count, 0)
}

const all = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0)

test('a process that is stuck for one second in ten is late for one message in ten', () => {
  const clock = new ManualClock()
  const loop = new LoopDelay(clock)
  for (let round = 0; round < 10; round++) {
    clock.advance(9_000)
    clock.stick(1_020)
    clock.advance(0)
  }
  const { counts, sum } = loop.figures()
  loop.end()
  // Every 20 ms of the hundred seconds is one number, whether anything could run or not.
  assert.ok(Math.abs(all(counts) - 5_000) <= 20, String(all(counts)))
  // Half of those that came while it was stuck waited for more than half a second.
  assert.equal(above(counts, 0.5), 10 * 25)
  assert.ok(Math.abs(sum - 10 * 25.5) < 1, String(sum))
})

test('nothing is late in a process that is not stuck', () => {
  const clock = new ManualClock()
  const loop = new LoopDelay(clock)
  clock.advance(1_000)
  assert.deepEqual([all(loop.figures().counts), loop.figures().sum], [50, 0])
  loop.end()
  assert.equal(clock.timers, 0)
})

test('a process that was stopped for a day is not busy with counting', () => {
  const clock = new ManualClock()
  const loop = new LoopDelay(clock)
  clock.stick(86_400_000)
  clock.advance(0)
  assert.equal(all(loop.figures().counts), 3_000)
  loop.end()
})
