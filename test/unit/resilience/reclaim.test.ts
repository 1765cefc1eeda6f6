/** Reclaim: after which waves it collects, when it waits, when it does not, and that it leaves no timer. */
import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { Wheel } from '../../../src/base/wheel.ts'
import { collectGarbage } from '../../../src/resilience/collect-garbage.ts'
import { Reclaim, type ReclaimReport } from '../../../src/resilience/reclaim.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const MIB = 1024 * 1024
const CALM_MS = 6_000

let clock: ManualClock
let wheel: Wheel
let reclaim: Reclaim
let arrivals: number
let departures: number
let present: number
let busyShare: number
/** What the loop counts, as of the last time it was asked. */
let loop: { at: number; idle: number; active: number }
let heapMib: number
/** How long a collection takes; null: it is never heard of. */
let pauseMs: number | null
let works: 'yes' | 'no inspector' | 'fails'
let collections: number
let givenUp: number
let reports: ReclaimReport[]

beforeEach(() => {
  clock = new ManualClock()
  wheel = new Wheel(clock, () => {})
  arrivals = departures = present = busyShare = collections = givenUp = 0
  loop = { at: 0, idle: 0, active: 0 }
  heapMib = 10
  pauseMs = 10
  works = 'yes'
  reports = []
  reclaim = make(100)
})

function make(pauseMaxMs: number): Reclaim {
  return new Reclaim({
    ...{ clock, wheel, pauseMaxMs },
    arrivals: () => arrivals,
    departures: () => departures,
    present: () => present,
    loop() {
      const passed = clock.now() - loop.at
      loop = { at: clock.now(), idle: loop.idle + passed * (1 - busyShare), active: loop.active + passed * busyShare }
      return loop
    },
    memory: () => ({ rss: 100 * MIB - collections, heapTotal: 50 * MIB - collections, heapUsed: heapMib * MIB }),
    collect(done) {
      if (works === 'no inspector') return null
      const finish = (): void => {
        collections++
        done(works === 'fails' ? new Error('no') : null)
      }
      if (pauseMs !== null) clock.after(pauseMs, finish)
      return () => givenUp++
    },
    onReclaim: (report) => reports.push(report),
  })
}

function come(count: number): void {
  arrivals += count
  present += count
  reclaim.wake()
}

function go(count: number): void {
  departures += count
  present -= count
  reclaim.wake()
}

describe('after a wave', () => {
  it('collects once, when nothing has come for three seconds, and says what it found', () => {
    come(1_000)
    clock.advance(2_900)
    assert.equal(collections, 0)
    clock.advance(2_000)
    assert.equal(collections, 1)
    assert.equal(reports.length, 1)
    const { done, estimateMs, ...rest } = reports[0] as ReclaimReport
    assert.ok(done && estimateMs > 0)
    assert.ok(rest.pauseMs >= 10 && rest.pauseMs < 100, String(rest.pauseMs))
    assert.ok(rest.rssAfterBytes < rest.rssBeforeBytes && rest.heapTotalAfterBytes < rest.heapTotalBeforeBytes)
    assert.deepEqual(reclaim.counts(), { done: 1, skipped: 0, pausedMs: rest.pauseMs, available: true })
  })

  it('does the same for departures', () => {
    present = 1_000
    go(1_000)
    clock.advance(CALM_MS)
    assert.equal(collections, 1)
  })

  it('does nothing for fewer than 1,000, and holds no timer', () => {
    come(999)
    clock.advance(CALM_MS)
    assert.equal(collections, 0)
    assert.equal(wheel.size, 0)
    assert.equal(clock.timers, 0)
    come(1)
    clock.advance(CALM_MS)
    assert.equal(collections, 1)
  })

  it('does not count somebody who comes and goes twice', () => {
    come(600)
    go(600)
    clock.advance(CALM_MS)
    assert.equal(collections, 0)
  })

  it('does nothing for less than a tenth of those who are there', () => {
    present = 20_000
    come(1_500)
    clock.advance(CALM_MS)
    assert.equal(collections, 0)
    come(1_000)
    clock.advance(CALM_MS)
    assert.equal(collections, 1)
  })

  it('waits while more than one in a hundred still comes, not for a trickle', () => {
    come(2_000)
    for (let second = 0; second < 8; second++) {
      clock.advance(1_000)
      come(20)
    }
    assert.equal(collections, 0)
    for (let second = 0; second < 5; second++) {
      clock.advance(1_000)
      come(2)
    }
    assert.equal(collections, 1)
  })

  it('waits while the event loop is busy', () => {
    busyShare = 0.6
    come(5_000)
    clock.advance(60_000)
    assert.equal(collections, 0)
    busyShare = 0.4
    clock.advance(1_100)
    assert.equal(collections, 1)
  })

  it('collects at most once in 30 seconds, and for the second wave when they are over', () => {
    come(1_000)
    clock.advance(CALM_MS)
    assert.equal(collections, 1)
    go(1_000)
    clock.advance(20_000)
    assert.equal(collections, 1)
    clock.advance(14_000)
    assert.equal(collections, 2)
  })

  it('leaves no timer behind', () => {
    come(1_000)
    clock.advance(CALM_MS)
    assert.equal(collections, 1)
    assert.equal(wheel.size, 0)
    clock.advance(1_000)
    assert.equal(clock.timers, 0)
  })
})

describe('a pause that is expected to be too long', () => {
  it('is not made; it is counted each time and announced once', () => {
    heapMib = 1_000
    for (let wave = 0; wave < 3; wave++) {
      come(10_000)
      clock.advance(40_000)
    }
    assert.equal(collections, 0)
    assert.equal(reclaim.counts().skipped, 3)
    assert.deepEqual(
      reports.map(({ done, pauseMs: paused }) => [done, paused]),
      [[false, 0]],
    )
    assert.equal(wheel.size, 0)
  })

  it('is expected from the last one: after a slow one the next is skipped, and some time later tried again', () => {
    heapMib = 50
    pauseMs = 150
    const outcomes: boolean[] = []
    for (let wave = 0; wave < 8; wave++) {
      come(10_000)
      const before = reclaim.counts().done
      clock.advance(40_000)
      outcomes.push(reclaim.counts().done > before)
    }
    assert.deepEqual(outcomes.slice(0, 2), [true, false])
    assert.ok(outcomes.slice(2).includes(true), 'one slow moment does not switch it off')
    assert.ok(outcomes.filter((done) => !done).length >= 4, 'most are skipped')
  })

  it('is made when more is allowed', () => {
    reclaim.end()
    reclaim = make(2_000)
    heapMib = 1_000
    come(1_000)
    clock.advance(CALM_MS)
    assert.equal(collections, 1)
  })
})

describe('a collection that cannot be had', () => {
  it('is tried once where there is no inspector, and the counts say so', () => {
    works = 'no inspector'
    for (let wave = 0; wave < 2; wave++) {
      come(1_000)
      clock.advance(40_000)
    }
    assert.deepEqual(reclaim.counts(), { done: 0, skipped: 0, pausedMs: 0, available: false })
    assert.deepEqual([reports.length, wheel.size], [0, 0])
  })

  it('is not counted as done when it fails', () => {
    works = 'fails'
    come(1_000)
    clock.advance(CALM_MS)
    assert.deepEqual([reclaim.counts().done, reports.length, wheel.size], [0, 0, 0])
  })

  it('is given up when nothing is heard of it, and the next wave gets another', () => {
    pauseMs = null
    come(1_000)
    clock.advance(CALM_MS)
    assert.equal(givenUp, 0)
    clock.advance(12_000)
    assert.equal(givenUp, 1)
    pauseMs = 10
    come(2_000)
    clock.advance(40_000)
    assert.equal(reclaim.counts().done, 1)
  })
})

describe('end()', () => {
  it('stops watching', () => {
    come(1_000)
    reclaim.end()
    reclaim.wake()
    clock.advance(60_000)
    assert.deepEqual([collections, wheel.size], [0, 0])
  })

  it('gives up what is under way, and what comes of it is not announced', () => {
    pauseMs = 500
    come(1_000)
    clock.advance(3_100)
    assert.equal(wheel.size, 1)
    reclaim.end()
    assert.equal(givenUp, 1)
    clock.advance(60_000)
    assert.deepEqual([reports.length, wheel.size], [0, 0])
  })
})

it('the real collection is over when it says so', async () => {
  let rubbish: object[] | null = Array.from({ length: 200_000 }, (_, index) => ({ index }))
  const before = process.memoryUsage().heapTotal
  assert.equal(rubbish.length, 200_000)
  rubbish = null
  const failed = await new Promise<Error | null>((resolve) => assert.ok(collectGarbage(resolve) !== null))
  assert.equal(failed, null)
  assert.ok(process.memoryUsage().heapTotal < before)
})
