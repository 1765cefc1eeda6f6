/**
 * The CPU profiler in this very process, and what of its answer becomes samples. Controls: two at once, a client that leaves.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import { CpuProfile } from '../../../src/diagnose/pprof/cpu-profile.ts'
import { type CpuProfiled, cpuSamples } from '../../../src/diagnose/pprof/cpu-samples.ts'
import { isRefused, type PlainProfile, type Refused } from '../../../src/diagnose/pprof/plain-profile.ts'
import { SourceMaps } from '../../../src/diagnose/pprof/source-maps.ts'
import { within } from '../../support/deadline.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const NOBODY = new AbortController().signal
const maps = new SourceMaps(systemClock)

function spinThis(ms: number): number {
  let sum = 0
  for (const until = performance.now() + ms; performance.now() < until; ) sum += Math.sqrt(sum + 1)
  return sum
}

function refusal(given: PlainProfile | Refused): string {
  return isRefused(given) ? `${given.refused} ${given.line}` : 'none'
}

describe('CpuProfile', () => {
  test('says which function took the time, and how much', async () => {
    const clock = new ManualClock()
    const taken = new CpuProfile({ clock, maps }).take(5, NOBODY)
    spinThis(400)
    clock.advance(5_000)
    const profile = await taken
    assert.ok(!isRefused(profile), refusal(profile))
    const spinning = profile.samples.filter(({ stack }) => stack.some(({ name }) => name === 'spinThis'))
    const [samples = 0, ns = 0] = [0, 1].map((kind) =>
      spinning.reduce((sum, { values }) => sum + (values[kind] ?? 0), 0),
    )
    assert.ok(samples > 10 && ns > 200e6 && ns < 2_000e6, `${samples} samples, ${ns} ns`)
    assert.ok(profile.durationMs >= 400)
  })

  test('one at a time; the one under way goes on, and then there is another', async () => {
    const clock = new ManualClock()
    const cpu = new CpuProfile({ clock, maps })
    const first = cpu.take(5, NOBODY)
    assert.equal(refusal(await cpu.take(1, NOBODY)), '409 a CPU profile is being taken: ask again when it is done')
    clock.advance(5_000)
    assert.equal(isRefused(await first), false)
    const next = cpu.take(1, NOBODY)
    clock.advance(1_000)
    assert.equal(isRefused(await next), false)
  })

  test('does not mind that another owner profiles as well', async () => {
    const clock = new ManualClock()
    const both = [1, 2].map(() => new CpuProfile({ clock, maps }).take(2, NOBODY))
    spinThis(50)
    clock.advance(2_000)
    for (const profile of await Promise.all(both)) assert.ok(!isRefused(profile) && profile.samples.length > 0)
  })

  test('a client that leaves ends it, and so does its owner', async () => {
    const clock = new ManualClock()
    const cpu = new CpuProfile({ clock, maps })
    const client = new AbortController()
    const left = cpu.take(5, client.signal)
    client.abort()
    assert.match(refusal(await within('the refusal', left)), /^503 /)
    const waiting = cpu.take(5, NOBODY)
    cpu.end()
    assert.match(refusal(await within('the refusal', waiting)), /^503 /)
    assert.match(refusal(await cpu.take(5, NOBODY)), /^503 /)
    assert.equal(clock.timers, 0)
  })
})

describe('cpuSamples', () => {
  const callFrame = (functionName: string, url = 'file:///app.js', lineNumber = 9) => ({
    ...{ functionName, url, lineNumber, columnNumber: 0 },
  })
  const none = (name: string) => callFrame(name, '', -1)

  test('time from each sample to the next, by line; nothing for a thread that has nothing to do', async () => {
    const profiled: CpuProfiled = {
      nodes: [
        { id: 1, callFrame: none('(root)'), children: [2, 3, 5] },
        { id: 2, callFrame: none('(idle)') },
        { id: 3, callFrame: callFrame('outer'), children: [4] },
        {
          ...{ id: 4, callFrame: callFrame('inner', 'file:///app.js', 19) },
          positionTicks: [
            { line: 21, ticks: 1 },
            { line: 22, ticks: 1 },
            { line: 22, ticks: 2 },
          ],
        },
        { id: 5, callFrame: none('(garbage collector)'), positionTicks: [{ line: 3, ticks: 1 }] },
      ],
      ...{ startTime: 0, endTime: 60_000 },
      samples: [3, 4, 4, 2, 4, 4, 5],
      timeDeltas: [500, 3_000, 10_000, 12_000, 10_000, 8_000, 10_000],
    }
    const found = await cpuSamples(profiled, 10_000, maps, NOBODY)
    assert.deepEqual(
      found.map(({ stack, values }) => [...stack.map(({ name, line }) => `${name}:${line}`), ...values]),
      [
        ['inner:21', 'outer:10', 1, 10_000_000],
        ['inner:22', 'outer:10', 1, 10_000_000],
        ['inner:22', 'outer:10', 2, 20_000_000],
        ['(garbage collector):0', 1, 10_000_000],
      ],
    )
  })
})
