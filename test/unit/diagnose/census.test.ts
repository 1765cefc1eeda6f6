/**
 * The census on objects of the test: what is held is found, what is not is gone, what is a leak is announced once, and
 * garbage that is slow to go is never announced. Real collections, a clock that the test moves.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Census, type CensusSources } from '../../../src/diagnose/census/census.ts'
import type { CensusSettings } from '../../../src/diagnose/census/census-settings.ts'
import { fullCollection } from '../../../src/diagnose/census/full-collection.ts'
import type { CensusLeak } from '../../../src/diagnose/census/report.ts'
import type { Collect } from '../../../src/resilience/collect-garbage.ts'
import { turn, until } from '../../support/deadline.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const MINUTE = 60_000
const CONNECTION = { kind: 'connection', route: '/chat' }

class Stage {
  readonly clock = new ManualClock()
  readonly leaks: CensusLeak[] = []
  readonly census: Census
  held: object[] = []

  constructor(settings: Partial<CensusSettings> = {}, sources: Partial<CensusSources> = {}) {
    const censusOnLeak = (leak: CensusLeak): void => void this.leaks.push(leak)
    this.census = new Census({ clock: this.clock, censusOnLeak, ...sources }, { everyMs: 0, ...settings })
  }

  /** So many end; of them the first `keep` stay reachable. */
  end(count: number, keep: number, as = CONNECTION): void {
    for (let made = 0; made < count; made++) {
      const object = { made, self: null as unknown }
      object.self = object
      this.census.watch(object, as)
      if (made < keep) this.held.push(object)
    }
  }
}

test('what is held is found, by kind, route and age; what nobody holds is gone', async () => {
  const stage = new Stage()
  stage.end(100, 3)
  stage.clock.advance(5_000)
  stage.end(50, 50, { kind: 'upgrade request', route: '/x' })
  stage.end(50, 0, { kind: 'connection', route: '/healthy' })
  stage.clock.advance(1_000)
  const report = await stage.census.take()
  assert.deepEqual(report.retained, [
    { kind: 'upgrade request', route: '/x', count: 50, seen: 50, oldestMs: 1_000, youngestMs: 1_000 },
    { ...CONNECTION, count: 3, seen: 3, oldestMs: 6_000, youngestMs: 6_000 },
  ])
  assert.equal(report.watched, 53)
  assert.equal(report.sampledOneIn, 1)
  assert.equal(report.collections, 'asked')
  assert.equal(report.takenAt, stage.clock.wallNow())
  stage.held = []
  assert.deepEqual((await stage.census.take()).retained, [])
  assert.equal(stage.census.size, 0)
  assert.equal(stage.census.last?.watched, 0)
  stage.census.end()
})

test('what ends while a census is under way is left to the next one', async () => {
  const stage = new Stage()
  stage.end(10, 10)
  const taken = stage.census.take()
  stage.clock.advance(1)
  stage.end(10, 10)
  assert.equal((await taken).retained[0]?.count, 10)
  assert.equal((await stage.census.take()).retained[0]?.count, 20)
})

test('two that ask at once get the same census', async () => {
  const stage = new Stage()
  const [one, other] = [stage.census.take(), stage.census.take()]
  assert.equal(await one, await other)
  assert.notEqual(await one, await stage.census.take())
})

test('an end: a census under way is refused, and so is every later one; nothing is watched', async () => {
  const stage = new Stage({ everyMs: MINUTE })
  stage.end(10, 10)
  const taken = stage.census.take()
  stage.census.end()
  await assert.rejects(taken, { code: 'HF_ENDED' })
  await assert.rejects(stage.census.take(), { code: 'HF_ENDED' })
  stage.end(10, 10)
  assert.equal(stage.census.size, 0)
  assert.equal(stage.clock.timers, 0)
})

test('where nothing can be collected, it says so', async () => {
  const stage = new Stage({}, { collect: () => null })
  await assert.rejects(stage.census.take(), { code: 'HF_CENSUS_BLIND' })
  const stuck = new Stage({}, { collect: () => () => {} })
  const refused = assert.rejects(stuck.census.take(), /did not come to its end.*HF_CENSUS_BLIND/)
  await turn()
  await turn()
  stuck.clock.advance(MINUTE)
  await refused
})

test('a group that grows is announced once; garbage that goes late, and a group that stays the same, are not', async () => {
  const stage = new Stage({ patienceMs: 10 * MINUTE })
  const late: object[][] = []
  for (let minute = 0; minute < 60; minute += 5) {
    stage.end(20, 5)
    if (minute === 0) stage.end(50, 50, { kind: 'connection', route: '/cache' })
    // Kept for nine minutes on purpose.
    const before = stage.held
    stage.held = []
    stage.end(200, 200, { kind: 'connection', route: '/late' })
    late.push(stage.held)
    if (late.length > 2) late.shift()
    stage.held = before
    await stage.census.take()
    stage.clock.advance(5 * MINUTE)
  }
  assert.equal(stage.leaks.length, 1)
  const [leak] = stage.leaks
  assert.deepEqual([leak?.kind, leak?.route, leak?.because], ['connection', '/chat', 'grows'])
  assert.deepEqual(leak?.history, [5, 10, 15, 20])
  assert.match(
    leak?.sentence ?? '',
    /^20 connections of route \/chat, over for more than 10 min, the oldest for 30 min, can/,
  )
  const report = await stage.census.take()
  assert.deepEqual(
    report.leaks.map(({ route, history }) => [route, history.at(-1)]),
    [['/chat', 50]],
  )
})

test('a slow leak is found, however many censuses there are between two of it; and announced anew when it was gone', async () => {
  // As long as all that has ended is held, there is nothing to collect: that is left out, 160 times.
  const real = fullCollection()
  let isHeld = true
  const collect: Collect = (done) => {
    if (!isHeld) return real(done)
    setImmediate(done, null)
    return () => {}
  }
  const stage = new Stage({ patienceMs: MINUTE }, { collect })
  for (let round = 0; round < 2; round++) {
    for (let minute = 0; minute < 80; minute++) {
      if (minute % 20 === 0) stage.end(4, 4)
      await stage.census.take()
      stage.clock.advance(MINUTE)
    }
    assert.equal(stage.leaks.length, round + 1)
    stage.held = []
    isHeld = false
    assert.deepEqual((await stage.census.take()).retained, [])
    isHeld = true
  }
})

test('a group that now and then gets smaller does not grow', async () => {
  const stage = new Stage({ patienceMs: MINUTE })
  for (let minute = 0; minute < 40; minute++) {
    stage.end(10, 10)
    if (minute % 3 === 2) stage.held.splice(0, 15)
    if (stage.held.length > 90) stage.held.splice(0, 30)
    await stage.census.take()
    stage.clock.advance(MINUTE)
  }
  assert.deepEqual(stage.leaks, [])
})

test('a group beyond its threshold is announced at once; objects of users have thresholds of their own', async () => {
  const stage = new Stage({ patienceMs: MINUTE, threshold: 30, objectThreshold: 5 })
  stage.end(30, 30)
  stage.end(31, 31, { kind: 'connection', route: '/more' })
  const [session, job, rare] = [[{}, {}, {}, {}, {}, {}], [{}, {}, {}], [{}]]
  for (const object of session) stage.census.expectReleased(object, 'session')
  for (const object of job) stage.census.expectReleased(object, 'job')
  for (const object of rare) stage.census.expectReleased(object, 'the old cache', { atMost: 0 })
  await stage.census.take()
  assert.equal(stage.leaks.length, 0, 'they have just ended')
  stage.clock.advance(MINUTE + 1)
  await stage.census.take()
  await stage.census.take()
  assert.deepEqual(
    stage.leaks.map(({ kind, route, because }) => [kind, route, because]),
    [
      ['connection', '/more', 'threshold'],
      ['object', 'session', 'threshold'],
      ['object', 'the old cache', 'threshold'],
    ],
  )
  assert.match(stage.leaks.at(-1)?.sentence ?? '', /^1 × "the old cache", expected to be released, .* keeps it$/)
  assert.equal(session.length + job.length + rare.length, 10)
})

test('expectReleased takes objects and functions with a name, and nothing else', () => {
  const { census } = new Stage()
  census.expectReleased(() => {}, 'a function')
  for (const wrong of [null, undefined, 'text', 1, Symbol('x')]) {
    assert.throws(() => census.expectReleased(wrong as never, 'x'), { code: 'HF_OPTION_INVALID' })
  }
  assert.throws(() => census.expectReleased({}, ''), { code: 'HF_OPTION_INVALID' })
  assert.throws(() => new Stage({ every: 1 } as never), { code: 'HF_OPTION_UNKNOWN' })
})

test('by itself: every so often while anything is watched, when it fits and the loop has time', async () => {
  let collections = 0
  let loop = { idle: 0, active: 0 }
  let heapUsed = 10 * 1024 * 1024
  const real = fullCollection()
  const stage = new Stage(
    { everyMs: MINUTE, pauseMaxMs: 50 },
    {
      collect: (done) => {
        collections++
        return real(done)
      },
      loop: () => loop,
      heapUsed: () => heapUsed,
    },
  )
  const pass = async (idle: number, active: number): Promise<void> => {
    loop = { idle: loop.idle + idle, active: loop.active + active }
    stage.clock.advance(MINUTE)
    for (let turns = 0; turns < 20; turns++) await turn()
  }
  await pass(60, 0)
  assert.equal(collections, 0, 'nothing is watched')
  stage.end(10, 1)
  await pass(60, 0)
  assert.equal(collections, 2)
  assert.equal(stage.census.last?.retained[0]?.count, 1)
  await pass(20, 40)
  assert.equal(collections, 2, 'the loop was busy')
  heapUsed *= 100
  assert.ok(stage.census.estimateMs > 50)
  await pass(60, 0)
  assert.equal(collections, 2, 'the pause would be too long')
  heapUsed /= 100
  await pass(60, 0)
  assert.equal(collections, 4)
  stage.census.end()
  assert.equal(stage.clock.timers, 0)
})

test('where it may not collect, it counts what three collections of V8 have left', async () => {
  const collectNow = fullCollection()
  const stage = new Stage(
    { everyMs: MINUTE, patienceMs: MINUTE },
    { heapUsed: () => 2 ** 40, loop: () => ({ idle: 1, active: 0 }) },
  )
  stage.end(20, 12)
  stage.clock.advance(10)
  // As V8 would by itself: it is told by the performance observer.
  for (let count = 0; count < 3; count++) {
    await new Promise<void>((resolve) => void collectNow(() => resolve()))
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  await until('the third is known', () => {
    stage.clock.advance(MINUTE)
    return stage.census.last !== null
  })
  const { collections, retained, watched } = stage.census.last!
  assert.deepEqual([collections, retained[0]?.count, watched], ['by itself', 12, 12])
  stage.end(5, 0)
  stage.clock.advance(MINUTE)
  assert.equal(stage.census.last?.retained[0]?.count, 12, 'those five have not been judged')
  stage.census.end()
})
