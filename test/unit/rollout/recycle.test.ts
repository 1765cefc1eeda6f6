/** Which worker is replaced by itself, and when. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { heapFigures, oldLimitOf } from '../../../src/rollout/heap-figures.ts'
import { type Recyclable, Recycle } from '../../../src/rollout/recycle.ts'

const HOUR = 3_600_000

interface Shape {
  readonly percent?: number
  readonly startedAt?: number
  readonly state?: Recyclable['state']
}

function worker(name: string, { percent = 10, startedAt = 0, state = 'serving' }: Shape = {}): Recyclable {
  const bytes = { rssBytes: 0, heapUsedBytes: 0, heapLimitBytes: 2_000, oldBytes: percent * 10, oldLimitBytes: 1_000 }
  return {
    name,
    state,
    startedAt,
    figures: { connections: 0, rooms: 0, counters: {}, imbalances: [], notReady: [], ...bytes },
  }
}

const options = { recycleOldSpacePercent: 85, recycleMaxAgeMs: 24 * HOUR, recyclePauseMs: 600_000 }

function looks(recycle: Recycle, workers: readonly Recyclable[], count: number, now = 1_000): (string | undefined)[] {
  return Array.from({ length: count }, () => recycle.look(workers, now)?.worker.name)
}

test('a heap that stays over the mark; a dip begins the count anew', () => {
  const recycle = new Recycle(options, () => 0)
  const full = [worker('a'), worker('b', { percent: 85 })]
  assert.deepEqual(looks(recycle, full, 9), Array(9).fill(undefined))
  recycle.look([worker('a'), worker('b', { percent: 84 })], 1_000)
  assert.deepEqual(looks(recycle, full, 9), Array(9).fill(undefined))
  assert.deepEqual(recycle.look(full, 1_000), { worker: full[1], reason: 'its heap is 85 per cent full' })
})

test('at most so often, whichever worker; the fullest first', () => {
  const recycle = new Recycle(options, () => 0)
  const full = [worker('a', { percent: 86 }), worker('b', { percent: 95 })]
  assert.deepEqual(looks(recycle, full, 10).at(-1), 'b')
  assert.deepEqual(looks(recycle, [full[0]!], 20, 600_999), Array(20).fill(undefined))
  assert.equal(recycle.look([full[0]!], 601_000)?.worker.name, 'a')
})

test('too old, up to a tenth earlier', () => {
  const early = new Recycle(options, () => 0.999_999)
  assert.equal(early.look([worker('a')], 24 * HOUR * 0.9), null)
  assert.equal(early.look([worker('a')], 24 * HOUR * 0.9 + 1_000)?.reason, 'it is 77761 s old')
  const late = new Recycle(options, () => 0)
  assert.equal(late.look([worker('a')], 24 * HOUR - 1), null)
  assert.equal(late.look([worker('a')], 24 * HOUR)?.worker.name, 'a')
})

test('not one that does not serve; never when it is off', () => {
  const recycle = new Recycle(options, () => 0)
  assert.deepEqual(looks(recycle, [worker('a', { percent: 99, state: 'draining' })], 20), Array(20).fill(undefined))
  const off = new Recycle({ ...options, recycleOldSpacePercent: 0, recycleMaxAgeMs: 0 }, () => 0)
  assert.deepEqual(looks(off, [worker('a', { percent: 99 })], 20, 1_000 * HOUR), Array(20).fill(undefined))
})

test('how much old space there may be: what was given, the last one counts; otherwise nearly all', () => {
  const limit = 704 * 2 ** 20
  assert.equal(oldLimitOf('--max-old-space-size=512', limit), 512 * 2 ** 20)
  assert.equal(oldLimitOf('--max_old_space_size 256 --import=x --max-old-space-size=300', limit), 300 * 2 ** 20)
  assert.equal(oldLimitOf('--max-old-space-size-percentage=50', limit), limit * 0.95)
  const { oldBytes, heapUsedBytes, oldLimitBytes, heapLimitBytes } = heapFigures('')
  assert.ok(
    oldBytes > 0 && oldBytes <= heapUsedBytes && heapUsedBytes < oldLimitBytes && oldLimitBytes < heapLimitBytes,
  )
})
