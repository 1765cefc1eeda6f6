import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StepKind } from '../../../../src/diagnose/snapshot/cause.ts'
import { blame } from '../../../../src/diagnose/snapshot/holder.ts'

/** Paths of steps `kind:node`, all with the same kinds. */
function blamed(...paths: string[]): { holder: number; from: number } {
  return blame(
    paths.map((path) =>
      path.split(' ').map((step) => {
        const [kind, node] = step.split(':')
        const name = kind === 'variable' || kind === 'property' ? 'name' : null
        return { kind: kind as StepKind, name, node: Number(node), owner: -1, fn: -1, index: -1 }
      }),
    ),
  )
}

const many = (count: number, path: (index: number) => string): string[] =>
  Array.from({ length: count }, (_, i) => path(i))

test('what holds many is to blame', () => {
  // variable (Map) → entry (session) → property (connection)
  assert.deepEqual(blamed(...many(9, (i) => `variable:1 entry:${10 + i} property:${30 + i}`)), { holder: 0, from: 1 })
  // Two rooms that hold ten each, and not the list of the two.
  assert.deepEqual(
    blamed(...many(20, (i) => `variable:1 entry:${2 + (i % 2)} property:${5 + (i % 2)} entry:${30 + i}`)),
    { holder: 2, from: 3 },
  )
  // A set in a map has no name of its own: the map is named.
  assert.deepEqual(blamed(...many(20, (i) => `variable:1 entry:${2 + (i % 2)} entry:${30 + i}`)), {
    holder: 0,
    from: 2,
  })
})

test('a listener, a timer, a wait is to blame itself', () => {
  assert.deepEqual(blamed(...many(9, (i) => `variable:1 listener:${10 + i} variable:${30 + i}`)), {
    holder: 1,
    from: 1,
  })
  assert.deepEqual(blamed(...many(9, (i) => `timer:${10 + i} variable:${30 + i}`)), { holder: 0, from: 0 })
  assert.deepEqual(blamed('variable:1 awaiting:2 local:3'), { holder: 1, from: 1 })
})

test('of one path, what was put in last; else the last name', () => {
  assert.deepEqual(blamed('variable:1 entry:2 property:3'), { holder: 0, from: 1 })
  assert.deepEqual(blamed('variable:1 property:3'), { holder: 1, from: 1 })
  assert.deepEqual(blamed('variable:1'), { holder: 0, from: 0 })
  assert.deepEqual(blamed('root:1'), { holder: 0, from: 0 })
})
