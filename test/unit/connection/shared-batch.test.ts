/** The batch that several outboxes have waiting: what is added behind it, by whom, and where it lies. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SharedBatch } from '../../../src/connection/shared-batch.ts'
import { Slab } from '../../../src/connection/slab.ts'
import { encodeFrame } from '../../../src/protocol/frame-writer.ts'

const frame = (text: string): Buffer => encodeFrame(1, text)
const alone = (text: string): SharedBatch => {
  const bytes = frame(text)
  return new SharedBatch(bytes, 0, bytes.length)
}

test('alone it is the frame itself, not a copy', () => {
  const bytes = Buffer.alloc(100, 1)
  const batch = new SharedBatch(bytes, 0, bytes.length)
  assert.equal(batch.view, bytes)
  const part = new SharedBatch(bytes, 10, 20)
  assert.deepEqual([part.view.length, part.view.buffer], [20, bytes.buffer])
})

test('the same frame behind the same batch is one batch, whoever asks; the view is one too', () => {
  const slab = new Slab()
  const first = alone('first')
  const second = frame('second')
  const one = first.followedBy(second, slab)
  const { used } = slab
  assert.equal(first.followedBy(second, slab), one)
  assert.equal(slab.used, used, 'nothing was copied for the second')
  assert.equal(one.view, one.view)
  assert.deepEqual(one.view, Buffer.concat([frame('first'), second]))
  assert.deepEqual(first.view, frame('first'), 'a batch never changes')
})

test('it grows in place while it is last in the slab, and moves when it is not', () => {
  const slab = new Slab()
  let batch = alone('0').followedBy(frame('1'), slab)
  const expected = [frame('0'), frame('1')]
  for (let number = 2; number < 100; number++) {
    batch = batch.followedBy(frame(`${number}`), slab)
    expected.push(frame(`${number}`))
  }
  assert.deepEqual(batch.view, Buffer.concat(expected))
  assert.equal(slab.used, batch.bytes, 'no byte was copied twice')
  slab.take(1)
  const moved = batch.followedBy(frame('moved'), slab)
  assert.equal(slab.used, batch.bytes + 1 + moved.bytes)
  assert.deepEqual(moved.view, Buffer.concat([...expected, frame('moved')]))
})

test('two frames behind one batch do not write over each other, nor over the batch', () => {
  const slab = new Slab()
  const root = alone('root').followedBy(frame('trunk'), slab)
  const [left, right] = [root.followedBy(frame('left'), slab), root.followedBy(frame('right'), slab)]
  const leftmost = left.followedBy(frame('leftmost'), slab)
  const again = root.followedBy(frame('left'), slab)
  const trunk = [frame('root'), frame('trunk')]
  assert.deepEqual(root.view, Buffer.concat(trunk))
  assert.deepEqual(left.view, Buffer.concat([...trunk, frame('left')]))
  assert.deepEqual(right.view, Buffer.concat([...trunk, frame('right')]))
  assert.deepEqual(leftmost.view, Buffer.concat([...trunk, frame('left'), frame('leftmost')]))
  assert.deepEqual(again.view, left.view)
})

test('when the slab is full it goes on in new memory, and the old stays as it is', () => {
  const slab = new Slab()
  const text = 'x'.repeat(1_000)
  let batch = alone(text).followedBy(frame(text), slab)
  const old = { memory: slab.memory, batch }
  slab.take(slab.memory.length - slab.used - 10)
  batch = batch.followedBy(frame(text), slab)
  assert.notEqual(slab.memory, old.memory)
  assert.deepEqual(batch.view, Buffer.concat([frame(text), frame(text), frame(text)]))
  assert.deepEqual(old.batch.view, Buffer.concat([frame(text), frame(text)]))
})
