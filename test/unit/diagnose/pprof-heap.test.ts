/**
 * The heap sampler in this very process: it gives way to another one, ends when its owner says so or its client leaves, and tells
 * what lives from what has gone. Controls: each refusal is followed by the same request that is answered.
 */
import assert from 'node:assert/strict'
import { Session } from 'node:inspector'
import { describe, test } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import { HeapProfile } from '../../../src/diagnose/pprof/heap-profile.ts'
import { isRefused, type PlainProfile, type Refused } from '../../../src/diagnose/pprof/plain-profile.ts'
import { SourceMaps } from '../../../src/diagnose/pprof/source-maps.ts'
import { until, within } from '../../support/deadline.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const NOBODY = new AbortController().signal
const held: unknown[] = []

/** About 50 MB in 500,000 objects. */
function keepThese(): void {
  for (let index = 0; index < 500_000; index++) held.push({ index, one: 1, two: 2, three: 3 })
}

function dropThese(): number {
  let sum = 0
  for (let index = 0; index < 500_000; index++) sum += [index, index + 1, index + 2].map((one) => one + 1).length
  return sum
}

function make(clock = new ManualClock()): { clock: ManualClock; heap: HeapProfile } {
  return { clock, heap: new HeapProfile({ clock, maps: new SourceMaps(systemClock) }) }
}

/** What values there are for stacks with this function in them. */
function valuesOf(profile: PlainProfile | Refused, name: string): number[] {
  assert.ok(!isRefused(profile), JSON.stringify(profile))
  const sums = profile.sampleTypes.map(() => 0)
  for (const { stack, values } of profile.samples) {
    if (!stack.some((frame) => frame.name === name)) continue
    for (const [index, value] of values.entries()) sums[index] = (sums[index] ?? 0) + value
  }
  return sums
}

function refusal(given: PlainProfile | Refused | null): string {
  return given !== null && isRefused(given) ? `${given.refused} ${given.line}` : 'none'
}

/** Another profiler, as an agent of somebody else would have it. */
class Other {
  readonly #session = new Session()
  constructor() {
    this.#session.connect()
  }

  ask(method: string, params: object = {}): string | object {
    let answer: string | object = 'nothing'
    this.#session.post(method, params, (error: Error | null, result?: object) => {
      answer = error === null ? (result ?? {}) : error.message
    })
    return answer
  }

  get samples(): boolean {
    return typeof this.ask('HeapProfiler.getSamplingProfile') === 'object'
  }

  end(): void {
    this.#session.disconnect()
  }
}

describe('HeapProfile', () => {
  test('live: what is kept, with its objects and bytes, and not what is dropped', async (t) => {
    const { heap } = make()
    t.after(() => heap.end())
    assert.equal(heap.start(), null)
    keepThese()
    dropThese()
    const profile = await heap.live(null, NOBODY)
    const [objects = 0, bytes = 0] = valuesOf(profile, 'keepThese')
    // {index, one, two, three}: 56 bytes with its header, and the array that grows.
    assert.ok(objects > 350_000 && objects < 700_000, `${objects} objects`)
    assert.ok(bytes > 20e6 && bytes < 60e6, `${bytes} bytes`)
    assert.ok((valuesOf(profile, 'dropThese')[1] ?? 0) < 3e6)
    held.length = 0
  })

  test('live for some seconds: what has come, and below 0 what has gone', async (t) => {
    const { heap, clock } = make()
    t.after(() => heap.end())
    heap.start()
    keepThese()
    const growing = heap.live(5, NOBODY)
    keepThese()
    clock.advance(5_000)
    const [objects = 0, bytes = 0] = valuesOf(await growing, 'keepThese')
    assert.ok(objects > 350_000 && bytes > 20e6 && bytes < 80e6, `${objects} objects, ${bytes} bytes`)
    const shrinking = heap.live(5, NOBODY)
    held.length = 0
    clock.advance(5_000)
    assert.ok((valuesOf(await shrinking, 'keepThese')[1] ?? 0) < -40e6)
  })

  test('the first who asks waits, and sees what came meanwhile; the next does not wait', async (t) => {
    const { heap, clock } = make()
    t.after(() => heap.end())
    const first = heap.live(null, NOBODY)
    assert.equal(clock.timers, 1)
    keepThese()
    clock.advance(10_000)
    assert.ok((valuesOf(await first, 'keepThese')[1] ?? 0) > 20e6)
    assert.ok((valuesOf(await heap.live(null, NOBODY), 'keepThese')[1] ?? 0) > 20e6)
    assert.equal(clock.timers, 0)
    held.length = 0
  })

  test('allocated: what is dropped too; afterwards it samples as before, anew', async (t) => {
    const { heap, clock } = make()
    t.after(() => heap.end())
    heap.start()
    keepThese()
    const all = heap.allocated(5, NOBODY)
    dropThese()
    assert.equal(
      refusal(await heap.live(null, NOBODY)),
      '409 a profile "allocs" is being taken: ask again when it is done',
    )
    assert.equal(
      refusal(await heap.allocated(1, NOBODY)),
      '409 a profile "allocs" is being taken: ask again when it is done',
    )
    clock.advance(5_000)
    assert.ok((valuesOf(await all, 'dropThese')[1] ?? 0) > 20e6)
    assert.equal(heap.sampling, true)
    assert.equal(valuesOf(await heap.live(null, NOBODY), 'keepThese')[1], 0)
    held.length = 0
  })

  test('gives way to a sampler that runs, which goes on; begins when that has ended', async (t) => {
    const { heap, clock } = make()
    const other = new Other()
    t.after(() => {
      heap.end()
      other.end()
    })
    const taken = '409 another heap profiler runs in this process: stop it, then ask again'
    other.ask('HeapProfiler.startSampling', { samplingInterval: 65_536 })
    assert.equal(refusal(heap.start()), taken)
    assert.equal(refusal(await heap.live(null, NOBODY)), taken)
    assert.equal(refusal(await heap.allocated(1, NOBODY)), taken)
    heap.end()
    assert.equal(other.samples, true)
    const { heap: next } = make(clock)
    t.after(() => next.end())
    other.ask('HeapProfiler.stopSampling')
    assert.equal(next.start(), null)
  })

  test('says so when another has stopped it, and begins anew for the next', async (t) => {
    const { heap } = make()
    const other = new Other()
    t.after(() => {
      heap.end()
      other.end()
    })
    heap.start()
    other.ask('HeapProfiler.startSampling')
    other.ask('HeapProfiler.stopSampling')
    assert.match(refusal(await heap.live(null, NOBODY)), /^409 another profiler has stopped the heap sampler/)
    assert.equal(heap.start(), null)
    assert.equal(isRefused(await heap.live(null, NOBODY)), false)
  })

  test('a client that leaves ends the wait; its allocs leaves no sampler behind', async (t) => {
    const { heap, clock } = make()
    const other = new Other()
    t.after(() => {
      heap.end()
      other.end()
    })
    const client = new AbortController()
    const waiting = heap.allocated(5, client.signal)
    assert.equal(other.samples, true)
    client.abort()
    assert.match(refusal(await within('the refusal', waiting)), /^503 /)
    assert.deepEqual([clock.timers, other.samples, heap.sampling], [0, false, false])
    const { signal } = client
    assert.match(refusal(await heap.allocated(5, signal)), /^503 /)
  })

  test('end() refuses who waits, and nothing samples any more, nor begins', async (t) => {
    const { heap, clock } = make()
    const other = new Other()
    t.after(() => other.end())
    heap.start()
    const waiting = heap.live(5, NOBODY)
    assert.equal(other.samples, true)
    heap.end()
    assert.match(refusal(await within('the refusal', waiting)), /^503 /)
    assert.deepEqual([clock.timers, other.samples, heap.sampling], [0, false, false])
    assert.match(refusal(heap.start()), /^503 /)
    assert.match(refusal(await heap.live(null, NOBODY)), /^503 /)
    assert.match(refusal(await heap.allocated(1, NOBODY)), /^503 /)
    heap.end()
    await until('the sampler to be off', () => !other.samples)
  })
})
