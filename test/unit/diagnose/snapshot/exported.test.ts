import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exportedCells } from '../../../../src/diagnose/snapshot/exported.ts'
import { snapshotOf, type WrittenNode } from './written.ts'

const MODULE = 'system / SourceTextModule'

/** One module declares; another imports it and exports it again under a second name; a third only imports. */
const NODES: readonly WrittenNode[] = [
  ['synthetic', ''],
  // 1: imports and exports again.
  ['hidden', MODULE, [['hidden', 0, 4] as const, ['hidden', 6, 5] as const, ['hidden', 7, 6] as const]],
  // 2: declares.
  ['hidden', MODULE, [['hidden', 0, 7] as const, ['hidden', 5, 5] as const]],
  // 3: imports.
  ['hidden', MODULE, [['hidden', 6, 5] as const, ['hidden', 7, 6] as const]],
  ['array', '', [['internal', '3', 9] as const, ['internal', '4', 8] as const]],
  ['array', '', [['internal', '0', 8] as const]],
  ['array', '', [['internal', '0', 2] as const]],
  ['array', '', [['internal', '5', 10] as const, ['internal', '6', 8] as const, ['internal', 'map', 11] as const]],
  ['hidden', 'system / Cell', [['internal', 'value', 12] as const]],
  ['string', 'again'],
  ['string', 'clients'],
  ['hidden', 'system / Map'],
  ['object', 'Map'],
]

test('an exported variable belongs to the module that declares it', () => {
  assert.deepEqual([...exportedCells(snapshotOf(NODES))], [[8, { name: 'clients', module: 2 }]])
})

test('control: what is only imported is not exported', () => {
  const without = NODES.map((node, index) => (index === 1 || index === 2 ? (['hidden', 'other'] as const) : node))
  assert.equal(exportedCells(snapshotOf(without)).size, 0)
})
