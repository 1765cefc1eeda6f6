/** Snapshots that are given in any order are read in that in which they were taken. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asTaken } from '../../../src/cli/doctor-files.ts'
import { snapshotOf } from '../diagnose/snapshot/written.ts'

/** Of a process that has made objects up to that number. */
const upTo = (last: number, ofHost = 2) =>
  snapshotOf([
    ['synthetic', '', [['element', 0, 1]], { id: 1 }],
    ['object', 'Object', [], { id: last }],
    ['native', 'Host', [], { id: ofHost }],
  ])

test('the largest number of an object tells which is older', () => {
  const [a, b, c] = [upTo(11), upTo(101), upTo(1_001)]
  for (const given of [
    [a, b, c],
    [c, a, b],
    [b, c, a],
  ])
    assert.deepEqual(asTaken(given), [a, b, c])
})

test('what is not of the heap of V8 has numbers of its own, which tell nothing', () => {
  const [a, b] = [upTo(11, 5_000), upTo(101)]
  assert.deepEqual(asTaken([b, a]), [a, b])
})
