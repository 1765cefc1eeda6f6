/** How many objects samples stand for, worked out from bytes that are computed as V8 computes them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ObjectCounts, SAMPLE_INTERVAL_BYTES } from '../../../src/diagnose/pprof/sample-objects.ts'

/** As V8 does (SamplingHeapProfiler::ScaleSample): so many of this size for so many that were sampled. */
function scaled(size: number, count: number): number {
  return Math.floor(count / (1 - Math.exp(-size / SAMPLE_INTERVAL_BYTES)) + 0.5)
}

/** For a place with so many samples of each of these sizes: found, by size. */
function found(sizes: readonly number[], count: number): number[] {
  const samples = new Map(sizes.map((size) => [size * scaled(size, 1), count]))
  const sum = sizes.reduce((bytes, size) => bytes + size * scaled(size, count), 0)
  const objects = new ObjectCounts(SAMPLE_INTERVAL_BYTES).of(samples, sum)
  return sizes.map((size) => objects.get(size * scaled(size, 1)) ?? 0)
}

test('one sample: right for the sizes of small objects and for long ones', () => {
  for (const size of [16, 24, 32, 40, 48, 56, 64, 72, 80, 96, 104, 112, 120, 128, 2e6, 6_955_704]) {
    assert.deepEqual(found([size], 1), [scaled(size, 1)], `${size}`)
  }
})

test('twenty samples: right for nearly every size, and nearly right for the others', () => {
  let wrong = 0
  for (let size = 8; size <= 4_096; size += 8) {
    const [objects = 0] = found([size], 20)
    if (objects !== scaled(size, 1)) wrong++
    assert.ok(Math.abs(objects / scaled(size, 1) - 1) < 0.2, `${size}: ${objects} instead of ${scaled(size, 1)}`)
  }
  assert.ok(wrong < 10, `${wrong} are wrong`)
})

test('two sizes at one place', () => {
  assert.deepEqual(
    found([48, 184], 20),
    [48, 184].map((size) => scaled(size, 1)),
  )
})

test('bytes that V8 would not say are one object, and many sizes at one place take no time', () => {
  const counts = new ObjectCounts(SAMPLE_INTERVAL_BYTES)
  assert.deepEqual([...counts.of(new Map([[12_345, 1]]), 12_345)], [[12_345, 1]])
  const many = new Map(Array.from({ length: 200 }, (_, index) => [184 * 2_849 + index * 8, 3]))
  assert.equal(counts.of(many, 1).size, 200)
})
