/** A rate with one second's worth at once: what it lets through, and that time going back gives nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TokenBucket } from '../../../src/resilience/token-bucket.ts'

function taken(bucket: TokenBucket, nowMs: number, tries = 100): number {
  let count = 0
  for (let attempt = 0; attempt < tries; attempt++) if (bucket.take(nowMs)) count++
  return count
}

test('one second is there at once, then so many a second come back', () => {
  const bucket = new TokenBucket(10, 1_000)
  assert.equal(taken(bucket, 1_000), 10)
  assert.equal(taken(bucket, 1_099), 0)
  assert.equal(taken(bucket, 1_100), 1)
  assert.equal(taken(bucket, 1_600), 5)
})

test('a long silence gives no more than one second', () => {
  const bucket = new TokenBucket(10, 0)
  assert.equal(taken(bucket, 0), 10)
  assert.equal(taken(bucket, 3_600_000), 10)
})

test('time that goes back gives nothing, and takes nothing', () => {
  const bucket = new TokenBucket(10, 1_000)
  assert.equal(taken(bucket, 1_000), 10)
  assert.equal(taken(bucket, 500), 0)
  assert.equal(taken(bucket, 1_000), 0)
  assert.equal(taken(bucket, 1_100), 1)
})

test('less than one a second is not possible, one is', () => {
  const bucket = new TokenBucket(1, 0)
  assert.equal(taken(bucket, 0), 1)
  assert.equal(taken(bucket, 999), 0)
  assert.equal(taken(bucket, 1_000), 1)
})
