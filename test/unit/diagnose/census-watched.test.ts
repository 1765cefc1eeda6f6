/** What is watched: the bound holds, most of it is sampled and scaled, groups of which few end stay whole, names are bounded. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Watched } from '../../../src/diagnose/census/watched.ts'

const NEVER = Number.NEGATIVE_INFINITY

/** The same numbers each time. */
function seeded(): () => number {
  let state = 12345
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

function add(watched: Watched, count: number, route: string, held: object[], now = 0): void {
  for (let made = 0; made < count; made++) {
    const object = { made }
    held.push(object)
    watched.add(object, 'connection', route, now)
  }
}

test('the bound holds; what is counted stands for all; a rare route stays whole', () => {
  const watched = new Watched(1_000, seeded())
  const held: object[] = []
  let most = 0
  for (let round = 0; round < 100; round++) {
    add(watched, 400, '/busy', held)
    add(watched, 1, '/rare', held)
    most = Math.max(most, watched.size)
  }
  assert.ok(most <= 1_000, `${most}`)
  assert.ok(watched.sampledOneIn >= 32, `${watched.sampledOneIn}`)
  const tallies = watched.count(0, NEVER)
  const busy = tallies.find(({ route }) => route === '/busy')!
  const rare = tallies.find(({ route }) => route === '/rare')!
  assert.ok(Math.abs(busy.count - 40_000) < 4_000, `about 40,000: ${busy.count}`)
  assert.ok(busy.seen < 1_000)
  assert.deepEqual([rare.count, rare.seen], [100, 100])
  assert.equal(held.length, 40_100)
})

test('many routes: the bound holds, and all together stand for all', () => {
  const watched = new Watched(500, seeded())
  const held: object[] = []
  for (let round = 0; round < 50; round++) {
    for (let route = 0; route < 60; route++) add(watched, 10, `/${route}`, held)
    assert.ok(watched.size <= 500)
  }
  const all = watched.count(0, NEVER).reduce((sum, { count }) => sum + count, 0)
  assert.ok(Math.abs(all - 30_000) < 6_000, `about 30,000: ${all}`)
})

test('a bound of ten, and sources of chance that always say the same, do not stop it', () => {
  for (const chance of [0, 0.4, 0.6, 0.999]) {
    const watched = new Watched(10, () => chance)
    const held: object[] = []
    for (let route = 0; route < 100; route++) add(watched, 3, `/${route}`, held)
    assert.ok(watched.size <= 10)
  }
})

test('names are bounded: what is beyond is counted together', () => {
  const watched = new Watched(20_000, seeded())
  const held: object[] = []
  for (let name = 0; name < 5_000; name++) add(watched, 1, `session ${name}`, held)
  const tallies = watched.count(0, NEVER)
  assert.equal(tallies.length, 1_001)
  assert.equal(tallies.find(({ route }) => route === '(others)')?.count, 4_000)
})

test('only what ended in time is counted, and what ended long ago apart', () => {
  const watched = new Watched(100, seeded())
  const held: object[] = []
  add(watched, 1, '/', held, 10)
  add(watched, 2, '/', held, 20)
  add(watched, 4, '/', held, 30)
  add(watched, 8, '/', held, 40)
  const [tally] = watched.count(30, 20)
  assert.deepEqual(
    [tally?.count, tally?.late, tally?.lateSeen, tally?.oldestEndedAt, tally?.youngestEndedAt],
    [7, 1, 1, 10, 30],
  )
  watched.clear()
  assert.equal(watched.size, 0)
  assert.deepEqual(watched.count(100, NEVER), [])
})
