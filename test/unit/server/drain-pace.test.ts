import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DrainPace, SLICE_MS } from '../../../src/server/drain-pace.ts'
import { ManualClock } from '../../support/manual-clock.ts'

interface Run {
  readonly total: number
  readonly windowMs: number
  readonly latestMs?: number
  /** How much later than planned a slice comes, by the time it was planned for. */
  readonly late?: (at: number) => number
}

interface Turn {
  readonly at: number
  readonly count: number
}

/** Asks as the drain does, until all have had their turn. */
function run({ total, windowMs, latestMs = windowMs, late = () => 0 }: Run): Turn[] {
  const clock = new ManualClock(5_000)
  const pace = new DrainPace({ startAt: clock.now(), windowMs, latestMs })
  const turns: Turn[] = []
  let left = total
  const ask = (): void => {
    const at = clock.now() - 5_000
    const count = pace.due(clock.now(), left)
    left -= count
    if (count > 0) turns.push({ at, count })
    if (left > 0) clock.after(SLICE_MS + late(at + SLICE_MS), ask)
  }
  ask()
  clock.advance(10 * Math.max(windowMs, latestMs) + 60_000)
  assert.equal(left, 0)
  return turns
}

function mostWithin(turns: readonly Turn[], ms: number): number {
  let most = 0
  for (const { at: from } of turns) {
    const sum = turns.filter(({ at }) => at >= from && at < from + ms).reduce((all, { count }) => all + count, 0)
    most = Math.max(most, sum)
  }
  return most
}

const lastOf = (turns: readonly Turn[]): number => turns.at(-1)?.at ?? Number.NaN

for (const [total, windowMs] of [
  [10_000, 10_000],
  [300, 10_000],
  [10_000, 1_000],
  [7, 1_000],
] as const) {
  test(`${total} over ${windowMs} ms: even in every second and in every tenth of one`, () => {
    const turns = run({ total, windowMs })
    const perMs = total / windowMs
    for (const ms of [100, 1_000])
      assert.ok(mostWithin(turns, ms) <= perMs * ms + 2, `${mostWithin(turns, ms)} in ${ms} ms`)
    assert.ok(lastOf(turns) <= windowMs && lastOf(turns) > windowMs * 0.95, `the last at ${lastOf(turns)}`)
  })
}

test('a burst would be seen: half of all in one slice', () => {
  const turns = [...run({ total: 5_000, windowMs: 10_000 }), { at: 5_000, count: 5_000 }]
  assert.ok(mostWithin(turns, 1_000) > 1_300)
})

test('with no window all have their turn at once; with nobody left nobody has', () => {
  assert.deepEqual(run({ total: 400, windowMs: 0 }), [{ at: 0, count: 400 }])
  assert.equal(new DrainPace({ startAt: 0, windowMs: 100, latestMs: 100 }).due(50, 0), 0)
})

test('late once: what was missed is not made up for in one go, and the end moves by it', () => {
  const late = (at: number): number => (at === 2_000 ? 1_000 : 0)
  const turns = run({ total: 10_000, windowMs: 10_000, latestMs: 20_000, late })
  assert.ok(mostWithin(turns, 1_000) <= 1_002, String(mostWithin(turns, 1_000)))
  assert.ok(Math.abs(lastOf(turns) - 11_000) <= 2 * SLICE_MS, `the last at ${lastOf(turns)}`)
})

test('late all the time: slower, as far as the deadline leaves room', () => {
  const turns = run({ total: 10_000, windowMs: 10_000, latestMs: 20_000, late: () => 75 })
  assert.ok(
    mostWithin(
      turns.filter(({ at }) => at < 5_000),
      1_000,
    ) <= 300,
  )
  assert.ok(lastOf(turns) <= 20_100, `the last at ${lastOf(turns)}`)
})

test('late, and the deadline leaves nothing: done by the end of the window all the same', () => {
  const turns = run({ total: 1_000, windowMs: 2_000, late: (at) => (at % 500 < 25 ? 300 : 0) })
  assert.ok(lastOf(turns) <= 2_000 + 300 + SLICE_MS, `the last at ${lastOf(turns)}`)
})

test('those who leave by themselves make it slower, not faster', () => {
  const pace = new DrainPace({ startAt: 0, windowMs: 1_000, latestMs: 1_000 })
  let left = 1_000
  let turns = 0
  for (let at = 25; at <= 1_000; at += 25) {
    const due = pace.due(at, left)
    assert.ok(due <= 26, `${due} at ${at}`)
    turns += due
    left -= due
    if (at === 500) left = Math.floor(left / 2)
  }
  assert.equal(left, 0)
  assert.ok(turns < 800)
})
