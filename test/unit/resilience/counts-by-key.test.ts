/** Counts of keys, and that nothing is left of a key nobody has. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CountsByKey } from '../../../src/resilience/counts-by-key.ts'

test('counts each key, and forgets it with the last', () => {
  const counts = new CountsByKey()
  counts.add('a')
  counts.add('a')
  counts.add('b')
  assert.deepEqual([counts.of('a'), counts.of('b'), counts.of('c'), counts.size], [2, 1, 0, 2])
  counts.remove('a')
  assert.deepEqual([counts.of('a'), counts.size], [1, 2])
  counts.remove('a')
  counts.remove('b')
  assert.deepEqual([counts.of('a'), counts.size], [0, 0])
})

test('one too many taken away changes nothing', () => {
  const counts = new CountsByKey()
  counts.remove('a')
  counts.add('a')
  assert.deepEqual([counts.of('a'), counts.size], [1, 1])
})
