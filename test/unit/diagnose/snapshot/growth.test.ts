import assert from 'node:assert/strict'
import { test } from 'node:test'
import { growth } from '../../../../src/diagnose/snapshot/growth.ts'
import type { Snapshot } from '../../../../src/diagnose/snapshot/snapshot.ts'
import { snapshotOf, type WrittenNode } from './written.ts'

/** A function that is another one each time; behind it a list that was there before, with so many in it. */
function withSpans(round: number, count: number): Snapshot {
  const nodes: readonly WrittenNode[] = [
    ['synthetic', '', [['shortcut', 'global', 1]], { id: 1 }],
    ['object', 'global', [['property', 'next', 2]], { id: 101 }],
    ['closure', 'resolve', [['property', 'children', 3]], { id: 2_001 + 2 * round }],
    ['object', 'Array', [['internal', 'elements', 4]], { id: 103 }],
    ['array', '', Array.from({ length: count }, (_, index) => ['internal', `${index}`, 5 + index]), { id: 105 }],
    ...Array.from({ length: count }, (_, index): WrittenNode => ['object', 'Span', [], { id: 3_001 + 2 * index }]),
  ]
  return snapshotOf(nodes)
}

async function grownOf(...counts: [number, number, number]) {
  const [a, b, c] = counts.map((count, round) => withSpans(round, count)) as [Snapshot, Snapshot, Snapshot]
  return (await growth(a, b, c)).map(({ cause, counts }) => [cause.holder.name, ...counts])
}

test('what has been added to something that was there is named, also where something new leads to that', async () => {
  assert.deepEqual(await grownOf(10, 20, 30), [['children', 10, 20, 30]])
})

test('control: where nothing has been added, nothing is', async () => {
  assert.deepEqual(await grownOf(30, 30, 30), [])
})
