/** What the page of the console knows: phases, points and the last hour, as messages come and do not come. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { afterLoss, afterMessage, afterSilence, beginning, type State } from '../../../console/live/state.ts'
import type { Hello, Look, Point } from '../../../src/ops/live/wire.ts'

const ACCOUNTS = { v8Used: 1, v8Free: 2, code: 3, external: 4, nativeHeap: 5, files: 6, stacks: 7, unexplained: 8 }
const MINUTE = 60_000

function lookAt(at: number, accounts: Point['accounts'] = null): Look {
  return { kind: 'look', point: { at, accounts }, processes: [], supervisor: null, tookMs: 0 } as unknown as Look
}

function helloWith(points: readonly number[], hour: readonly number[] = []): Hello {
  const lastHour = hour.map((at) => ({ at, rssBytes: 36, connections: 0, ...ACCOUNTS }))
  const hello = {
    kind: 'hello',
    mode: 'server',
    holdfast: '1',
    node: 'v1',
    everyMs: 1_000,
    handlerSeconds: [],
  } as const
  return { ...hello, lastHour, points: points.map((at) => lookAt(at).point) }
}

function after(messages: readonly (Hello | Look)[], from: State = beginning(0)): State {
  return messages.reduce((state, told) => afterMessage(state, told, 0), from)
}

const timesOf = (list: readonly { readonly at: number }[]): number[] => list.map(({ at }) => at)

test('a point that was in the hello already is there once, and what was seen before a short loss stays', () => {
  const first = after([helloWith([1_000, 2_000]), lookAt(2_000), lookAt(3_000)])
  assert.deepEqual(timesOf(first.points), [1_000, 2_000, 3_000])
  const again = after([helloWith([9_000]), lookAt(9_000)], first)
  assert.deepEqual(timesOf(again.points), [1_000, 2_000, 3_000, 9_000])
})

test('what is older than a quarter of an hour is forgotten, however few points there are', () => {
  const before = after([helloWith([]), lookAt(1_000), lookAt(2_000)])
  const later = after([lookAt(2_000 + 15 * MINUTE)], before)
  assert.deepEqual(timesOf(later.points), [2_000 + 15 * MINUTE])
  assert.deepEqual(timesOf(after([lookAt(14 * MINUTE)], before).points), [1_000, 2_000, 14 * MINUTE], 'the control')
  assert.deepEqual(timesOf(after([helloWith([8 * 60 * MINUTE])], before).points), [8 * 60 * MINUTE])
})

test('how long handlers took is of the last minute, also when the page has slept for hours', () => {
  const before = after([helloWith([]), lookAt(1_000), lookAt(2_000)])
  assert.deepEqual(timesOf(before.durations), [1_000, 2_000])
  assert.deepEqual(timesOf(after([lookAt(61_500)], before).durations), [2_000, 61_500])
  assert.deepEqual(timesOf(after([lookAt(8 * 60 * MINUTE)], before).durations), [8 * 60 * MINUTE])
  assert.deepEqual(timesOf(after([lookAt(1_500)], before).durations), [1_000, 1_500], 'the clock was set back')
})

test('when the clock of the server is set back, it goes on from there', () => {
  const before = after([helloWith([]), lookAt(50_000), lookAt(60_000), lookAt(61_000)])
  assert.deepEqual(timesOf(after([lookAt(55_000), lookAt(56_000)], before).points), [50_000, 55_000, 56_000])
})

test('the last hour goes on while the page is open, a moment a minute', () => {
  let state = after([helloWith([], [-MINUTE, 0])])
  for (let at = 10_000; at <= 3 * 60 * MINUTE; at += 10_000)
    state = after([lookAt(at, ACCOUNTS), lookAt(at + 5_000)], state)
  const times = timesOf(state.hour)
  assert.equal(times.length, 61)
  assert.equal(times.at(-1), 3 * 60 * MINUTE)
  for (const [index, at] of times.entries()) if (index > 0) assert.equal(at - (times[index - 1] ?? 0), MINUTE)
  assert.deepEqual(timesOf(after([helloWith([], [7])], state).hour), [7], 'the server knows better')
})

test('silence is stale, also before the first look; a loss is a loss', () => {
  const waiting = after([helloWith([])])
  assert.deepEqual(
    [waiting.phase, afterSilence(waiting, 7).phase, afterSilence(waiting, 7).since],
    ['waiting', 'stale', 7],
  )
  const live = after([lookAt(1_000)], waiting)
  assert.deepEqual([live.phase, afterSilence(live, 8).phase, afterSilence(live, 8).since], ['live', 'stale', 8])
  assert.equal(afterSilence(beginning(0), 9).phase, 'connecting')
  const gone = afterLoss(live, 'gone', 10, 20)
  assert.deepEqual([gone.phase, gone.since, gone.retryAt], ['gone', 10, 20])
  assert.equal(afterLoss(gone, 'gone', 11, 30).since, 10)
  assert.deepEqual([afterLoss(gone, 'refused', 12, 30).phase, afterSilence(gone, 13).phase], ['refused', 'gone'])
})
