/** How late the event loop is: known from the second time on, it sees a loop that stood still, and begins anew after a rest. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { LoopDelay } from '../../../../src/ops/live/loop-delay.ts'

function block(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

test('the first time nothing is known, a later one sees a loop that stood still; after a rest it begins anew', async (t) => {
  const loop = new LoopDelay()
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
