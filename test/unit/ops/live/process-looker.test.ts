/** A look at a process: its first has all there is, and one that is under way when nobody may look any more leaves nothing running. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LookedAt, ProcessLooker } from '../../../../src/ops/live/process-looker.ts'
import type { ServerFigures } from '../../../../src/server/server-figures.ts'
import { deferred } from '../../../support/deadline.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

const route = { opening: 0, leaving: 0, open: 7, draining: 0, moving: 0, closing: 0, oldestMs: 1, ages: {} }
const figures = {
  ...{ connections: { '/': route }, routes: {}, receivedBytes: 5, sentBytes: 6, outboxBytes: 0, tookMs: 2 },
} as unknown as ServerFigures

function looking(read: () => Promise<ServerFigures>): ProcessLooker {
  const server = {
    ...{ ready: () => true, rooms: () => 0, users: () => 0, connections: () => 7, ledger: () => ({}) },
    ...{ onDrain: () => () => {}, figures: read },
    work: { report: () => ({ held: [], running: [], left: [], abandoned: [] }) },
    census: { size: 0, estimateMs: 0, last: null },
  } as unknown as LookedAt
  return new ProcessLooker({ clock: new ManualClock(), history: { rows: () => [] } as never, server })
}

test('the first look waits for its figures, and tells what they say they took', async () => {
  const answer = deferred<ServerFigures>()
  const looker = looking(() => answer.promise)
  const look = looker.look()
  answer.resolve(figures)
  const { server, costMs } = await look
  assert.deepEqual([server?.ledger.routes['/']?.open, server?.traffic?.receivedBytes, costMs.figures], [7, 5, 2])
  looker.end()
})

test('without figures there is a look all the same', async () => {
  const looker = looking(() => Promise.reject(new Error('no')))
  const { server } = await looker.look()
  assert.deepEqual([server?.ledger.routes, server?.traffic], [{}, null])
  looker.end()
})

test('a look that is under way when nobody may look any more does not have the loop measured again', async () => {
  const answer = deferred<ServerFigures>()
  const looker = looking(() => answer.promise)
  const look = looker.look()
  looker.end()
  answer.resolve(figures)
  assert.equal((await look).loop, null)
})
