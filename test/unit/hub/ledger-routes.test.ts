/**
 * What each route has: states, ages and the oldest, added up in one look.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ageOf, RouteTally } from '../../../src/hub/route-counts.ts'

test('states, ages and the oldest of each route', () => {
  const tally = new RouteTally(['/chat', '/quiet'])
  tally.add('/chat', 'open', 5_000)
  tally.add('/chat', 'open', 7_200_000)
  tally.add('/chat', 'closing', 61_000)
  tally.add('/chat', 'opening', 10)
  tally.add('no route', 'leaving', 20)
  const none = { opening: 0, leaving: 0, open: 0, draining: 0, moving: 0, closing: 0, oldestMs: 0 }
  const noAges = { '<1m': 0, '<10m': 0, '<1h': 0, '<1d': 0, '>=1d': 0 }
  assert.deepEqual(tally.counts(), {
    '/chat': {
      ...{ ...none, opening: 1, open: 2, closing: 1, oldestMs: 7_200_000 },
      ages: { ...noAges, '<1m': 2, '<10m': 1, '<1d': 1 },
    },
    '/quiet': { ...none, ages: noAges },
    'no route': { ...none, leaving: 1, oldestMs: 20, ages: { ...noAges, '<1m': 1 } },
  })
})

test('an age on the border belongs to the older class', () => {
  assert.deepEqual([0, 59_999, 60_000, 600_000, 3_600_000, 86_399_999, 86_400_000].map(ageOf), [
    '<1m',
    '<1m',
    '<10m',
    '<1h',
    '<1d',
    '<1d',
    '>=1d',
  ])
})
