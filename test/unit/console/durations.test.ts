/** How long handlers took in the last minute: each process by itself, because they come and go. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { durationsOf, quantile, slowest } from '../../../console/live/durations.ts'
import type { Look } from '../../../src/ops/live/wire.ts'

const BOUNDS = [0.01, 0.1]

/** @param processes by pid: for how long it has counted, and what, on the route `/` */
function at(seconds: number, processes: Readonly<Record<number, readonly [uptimeS: number, ...counts: number[]]>>) {
  const told = Object.entries(processes).map(([pid, [uptimeS, ...handlers]]) => ({
    ...{ slot: 0, problem: null },
    look: {
      pid: Number(pid),
      uptimeMs: uptimeS * 1_000,
      server: { traffic: { routes: { '/': { handlers, errors: 0 } } } },
    },
  }))
  return durationsOf({ point: { at: seconds * 1_000 }, processes: told } as unknown as Look)
}

const callsIn = (all: Parameters<typeof slowest>[0]): number =>
  slowest(all, BOUNDS).reduce((sum, { perSecond }) => sum + perSecond, 0)

test('what was added since the oldest, per second, and the bounds it is below', () => {
  const all = [at(100, { 7: [50, 1_000, 0, 0] }), at(110, { 7: [60, 1_090, 10, 0] })]
  assert.deepEqual(slowest(all, BOUNDS), [{ route: '/', perSecond: 10, p50Ms: 10, p99Ms: 100, errors: 0 }])
  assert.deepEqual(slowest([all[0] as (typeof all)[0]], BOUNDS), [])
  assert.deepEqual(slowest([at(1, { 7: [1, 5, 0, 0] }), at(2, { 7: [2, 5, 0, 0] })], BOUNDS), [], 'nothing was added')
})

test('a worker that is replaced does not make those that stay begin anew', () => {
  const old = [5_000_000, 0, 0] as const
  const all = [
    at(100, { 1: [9_000, ...old], 2: [9_000, ...old] }),
    at(101, { 1: [9_001, 5_000_010, 0, 0], 2: [9_001, ...old], 3: [0.5, 2, 0, 0] }),
    at(110, { 2: [9_010, ...old], 3: [9.5, 90, 0, 0] }),
  ]
  // Ten of the one that has gone, ninety of the one that has come, none of the one that stays.
  assert.equal(callsIn(all), 10)
})

test('one that did not answer for a while, or was first seen late, has added only what it has added', () => {
  const all = [at(100, { 1: [900, 500, 0, 0] }), at(105, {}), at(110, { 1: [910, 520, 0, 0], 2: [800, 70_000, 0, 0] })]
  assert.equal(callsIn(all), 2)
})

test('another process with the same id counts from its beginning', () => {
  assert.equal(callsIn([at(100, { 1: [900, 500, 0, 0] }), at(110, { 1: [5, 40, 0, 0] })]), 4)
})

test('a quantile is the bound of the bucket in which it lies', () => {
  assert.deepEqual(
    [quantile([1, 0, 0], BOUNDS, 0.99), quantile([0, 0, 1], BOUNDS, 0.5)],
    [10, Number.POSITIVE_INFINITY],
  )
})
