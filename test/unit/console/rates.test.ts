/** What points say per second, and how many are open for their clients. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openOf, perSecond, rateNow } from '../../../console/live/rates.ts'
import type { Point } from '../../../src/ops/live/wire.ts'

const pointAt = (at: number, accepted: number): Point => ({ at, accepted }) as unknown as Point

test('a connection on its way to another process is open for its client', () => {
  assert.equal(openOf({ open: 30, moving: 10, draining: 5, closing: 2 } as unknown as Point), 40)
})

test('rates are differences, and there is none at the first point, after a pause, and when a process began anew', () => {
  const points = [pointAt(0, 0), pointAt(2_000, 10), pointAt(60_000, 500), pointAt(61_000, 3), pointAt(62_000, 4)]
  assert.deepEqual(perSecond(points, 'accepted'), [null, 5, null, null, 1])
  assert.equal(rateNow(points, 'accepted', 1), 1)
  assert.equal(rateNow([pointAt(0, 0)], 'accepted'), null)
})
