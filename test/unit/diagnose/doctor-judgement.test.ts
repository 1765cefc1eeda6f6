/** The verdict on what is over and held, and on what grows. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HeldGroup, ToldGrowing } from '../../../src/diagnose/doctor/finding.ts'
import { isOnlyGrowth, judge } from '../../../src/diagnose/doctor/judgement.ts'

function held(counts: HeldGroup['counts'], holder: { kind: string; name: string }, by: HeldGroup['by'] = 'seen') {
  const cause = { holder, sentence: `${holder.kind} "${holder.name}" keeps them alive` }
  return { kind: 'WebSocket', route: '', by, count: counts?.[2] ?? 60, counts, causes: [cause] } as unknown as HeldGroup
}

const MAP = { kind: 'Map', name: 'clients' }
const verdict = (group: HeldGroup, growing: readonly ToldGrowing[] | null = []) => judge([group], growing).verdict

test('what is over and becomes more from each to the next leaks, whatever the traffic was in between', () => {
  assert.equal(verdict(held([20, 30, 40], MAP)), 'leak')
  assert.equal(verdict(held([20, 40, 45], MAP)), 'leak')
  assert.match(judge([held([20, 30, 1_040], { kind: 'Map', name: 'c' })], []).sentence, /\(20, 30, 1,040\): Map "c"/)
})

test('what came once, what comes and goes, and what is few do not', () => {
  for (const counts of [
    [0, 9, 10],
    [0, 60, 60],
    [40, 60, 50],
    [0, 4, 8],
  ] as const)
    assert.equal(verdict(held(counts, MAP)), 'nothing', counts.join())
})

test('a timer that runs once lets go by itself; one that repeats does not', () => {
  assert.equal(verdict(held([0, 10, 20], { kind: 'timer', name: 'setTimeout' })), 'nothing')
  assert.equal(verdict(held([0, 10, 20], { kind: 'timer', name: 'setInterval' })), 'leak')
  assert.equal(verdict(held([0, 10, 20], { kind: 'timer', name: 'setTimeout' }, 'census')), 'leak', 'it was told')
})

test('of one snapshot: what a census was told is over leaks, what looks over is a suspect', () => {
  assert.equal(verdict(held(null, MAP, 'census'), null), 'leak')
  assert.equal(verdict(held(null, MAP), null), 'suspect')
  assert.equal(judge([], null).verdict, 'nothing')
})

test('what grows leaks', () => {
  const growing = { sentence: 'Map "seen" grows by 10 Date each round' } as ToldGrowing
  assert.deepEqual(judge([], [growing]), { verdict: 'leak', sentence: 'Map "seen" grows by 10 Date each round' })
})

test('what only grows may not be full yet; what is over and grows is no such thing', () => {
  const growing = [{ sentence: 'Map "seen" grows by 10 Date each round' } as ToldGrowing]
  const of = (groups: readonly HeldGroup[]) =>
    isOnlyGrowth({ ...judge(groups, growing), held: groups, growing, snapshot: { nodes: 1, bytes: 1 } })
  assert.equal(of([]), true)
  assert.equal(of([held([20, 30, 40], MAP)]), false)
  assert.equal(isOnlyGrowth({ ...judge([], []), held: [], growing: [], snapshot: { nodes: 1, bytes: 1 } }), false)
})
