import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BoundedQueue } from '../../../src/base/bounded-queue.ts'
import { collected } from '../../support/collected.ts'

test('first in, first out, through many refills', () => {
  const queue = new BoundedQueue<number>(1_000)
  const out: number[] = []
  let next = 0
  for (let round = 0; round < 200; round++) {
    for (let count = 0; count < (round % 7) + 3; count++) assert.equal(queue.push(next++), true)
    for (let count = 0; count < (round % 5) + 1; count++) out.push(queue.shift()!)
  }
  while (queue.count > 0) out.push(queue.shift()!)
  assert.deepEqual(
    out,
    Array.from({ length: next }, (_, index) => index),
  )
  assert.equal(queue.shift(), undefined)
})

test('refuses what goes over the count, and takes it again when there is room', () => {
  const queue = new BoundedQueue<string>(2)
  assert.equal(queue.push('a'), true)
  assert.equal(queue.full, false)
  assert.equal(queue.push('b'), true)
  assert.equal(queue.full, true)
  assert.equal(queue.push('c'), false)
  assert.equal(queue.count, 2)
  assert.equal(queue.shift(), 'a')
  assert.equal(queue.push('d'), true)
  assert.deepEqual([queue.shift(), queue.shift(), queue.shift()], ['b', 'd', undefined])
})

test('refuses what goes over the bytes, counts them, and gives them back', () => {
  const queue = new BoundedQueue<string>(100, 10)
  assert.equal(queue.push('a', 6), true)
  assert.equal(queue.push('b', 5), false)
  assert.equal(queue.bytes, 6)
  assert.equal(queue.push('c', 4), true)
  assert.equal(queue.bytes, 10)
  assert.equal(queue.full, true)
  assert.equal(queue.push('d', 0), true, 'no bytes are never too many')
  queue.shift()
  assert.equal(queue.bytes, 4)
  assert.equal(queue.clear(), 2)
  assert.deepEqual([queue.count, queue.bytes, queue.full], [0, 0, false])
})

test('what was taken out is not kept alive', async () => {
  const queue = new BoundedQueue<object>(1_000)
  const references = ((): WeakRef<object>[] =>
    Array.from({ length: 100 }, (_, index) => {
      const item = { index }
      queue.push(item)
      return new WeakRef(item)
    }))()
  for (let count = 0; count < 99; count++) queue.shift()
  assert.equal(await collected(references[0]!), true, 'the first taken is gone')
  assert.equal(await collected(references[99]!), false, 'negative control: the one that waits is held')
  queue.clear()
  assert.equal(await collected(references[99]!), true)
})
