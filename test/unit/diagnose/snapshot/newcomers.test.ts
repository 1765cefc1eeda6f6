import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Ids, newcomers } from '../../../../src/diagnose/snapshot/newcomers.ts'
import { walk } from '../../../../src/diagnose/snapshot/search.ts'
import { snapshotOf, type WrittenEdge, type WrittenNode } from './written.ts'

const OLD = 100
const NEW = 1_001
/** Of a `Map` with two buckets: a head of three words, the buckets, four entries of three. */
const TABLE_BYTES = (2 + 3 + 2 + 14 - 2) * 8
const KEY = 5

/** A table that was there, in it a list that was not, and in that an object; what the key is says the case. */
function headsOf(key: 'old' | 'new' | 'number', list: 'Array' | 'Session' = 'Array'): readonly string[] {
  const entry: WrittenEdge = ['internal', `${KEY + 1}`, 5]
  const nodes: readonly WrittenNode[] = [
    ['synthetic', '', [['shortcut', 'global', 1]], { id: 1 }],
    ['object', 'global', [['property', 'rooms', 2]], { id: OLD + 1 }],
    ['object', 'Map', [['internal', 'table', 3]], { id: OLD + 3 }],
    ['array', '', key === 'number' ? [entry] : [['internal', `${KEY}`, 4], entry], { id: OLD + 5, self: TABLE_BYTES }],
    ['string', 'lobby', [], { id: key === 'old' ? OLD + 7 : NEW }],
    ['object', list, [['internal', 'elements', 6]], { id: NEW + 2 }],
    ['array', '', [['internal', '0', 7]], { id: NEW + 4 }],
    ['object', 'Member', [], { id: NEW + 6 }],
  ]
  const snapshot = snapshotOf(nodes)
  const before = snapshotOf(
    nodes.map((node) => ((node[3]?.id ?? 0) > NEW - 1 ? (['hidden', '', [], { id: 1 }] as const) : node)),
  )
  const { heads } = newcomers(snapshot, walk(snapshot), new Ids(before))
  return [...heads].map((node) => snapshot.name(node))
}

describe('what is new in a Map that was there', () => {
  test('under a key that was there: a list has taken the place of another one, and what is in it is new', () => {
    assert.deepEqual(headsOf('old'), ['Member'])
    assert.deepEqual(headsOf('old', 'Session'), ['Member'], 'an object of a class as well')
  })

  test('under a number, which is no node, it may have', () => {
    assert.deepEqual(headsOf('number'), ['Member'])
    assert.deepEqual(headsOf('number', 'Session'), ['Session'], 'but not what is of a class')
  })

  test('control: under a new key, all that is in it has come with it', () => {
    assert.deepEqual(headsOf('new'), ['lobby', 'Array'])
  })
})
