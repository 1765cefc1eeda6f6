/** How late the event loop is: known from the second time on, it sees a loop that stood still, tells all who ask, and begins anew after a rest. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { systemClock } from '../../../../src/base/clock.ts'
import { LoopDelay } from '../../../../src/ops/live/loop-delay.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

function block(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

test('the first time nothing is known, a later one sees a loop that stood still; after a rest it begins anew', async (t) => {
  const loop = new LoopDelay(systemClock)
  t.after(() => loop.rest())
  assert.equal(loop.read(), null)
  // Node's own timer has to have been there before, and afterwards.
  await pause(100)
  block(300)
  await pause(100)
  const read = loop.read()
  assert.ok((read?.maxMs ?? 0) > 200, JSON.stringify(read))
  assert.ok((read?.p50Ms ?? -1) >= 0)
  assert.ok(read !== null && read.busy > 0 && read.busy <= 1)
  loop.rest()
  assert.equal(loop.read(), null)
})

test('of two who read it once a second, each is told that it stood still; then it is forgotten', async (t) => {
  const clock = new ManualClock()
  const loop = new LoopDelay(clock)
  t.after(() => loop.rest())
  const readAfter = (ms: number): number => {
    clock.advance(ms)
    return loop.read()?.maxMs ?? -1
  }
  readAfter(0)
  await pause(100)
  block(300)
  await pause(100)
  const [one, other] = [readAfter(900), readAfter(100)]
  assert.ok(one > 200 && other > 200, `${one}, ${other}`)
  await pause(100)
  // Whoever begins anew has had what was before.
  const [again, too] = [readAfter(900), readAfter(100)]
  assert.ok(again < one && too === again, `${again}, ${too}`)
})
