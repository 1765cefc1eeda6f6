/** `/debug/loop`: measures from the first question on, says how late and how busy, and ends when nobody asks any more. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import { LoopRoute } from '../../../src/ops/loop-route.ts'
import { within } from '../../support/deadline.ts'
import { ManualClock } from '../../support/manual-clock.ts'

function block(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

test('the first question knows nothing, a later one sees a loop that stood still', async (t) => {
  const loop = new LoopRoute(systemClock)
  t.after(() => loop.end())
  assert.deepEqual(loop.report(), { sinceMs: 0, delayMs: null, utilization: null })
  // Node's own timer has to have been there before.
  await within('an answer', loop.look())
  await new Promise((resolve) => setTimeout(resolve, 100))
  block(300)
  // A test has a timer of its own, so that the process is still there.
  const report = await within('an answer', loop.look())
  assert.ok((report.delayMs?.max ?? 0) > 200, JSON.stringify(report))
  assert.ok((report.delayMs?.p50 ?? -1) >= 0)
  assert.ok(report.sinceMs >= 300)
  assert.ok(report.utilization !== null && report.utilization > 0 && report.utilization <= 1)
})

test('it ends when nobody has asked for a while, and begins anew', () => {
  const clock = new ManualClock()
  const loop = new LoopRoute(clock)
  loop.report()
  clock.advance(10_000)
  assert.equal(loop.report().sinceMs, 10_000)
  clock.advance(14_000)
  assert.equal(clock.timers, 1)
  clock.advance(1_000)
  assert.equal(clock.timers, 0)
  assert.deepEqual(loop.report(), { sinceMs: 0, delayMs: null, utilization: null })
  loop.end()
  assert.equal(clock.timers, 0)
})
