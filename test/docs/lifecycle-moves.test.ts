/** The tables of docs/LIFECYCLE.md about moves say what the source says. That each row happens is in test/integration/moving. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OBSTACLES } from '../../src/connection/obstacle.ts'
import { MOVE_REFUSALS } from '../../src/server/arrivals.ts'
import { rowsBelow } from './lifecycle-table.ts'

const rows = rowsBelow('Moving to another process')
const sentences: Readonly<Record<string, string>> = { ...OBSTACLES, ...MOVE_REFUSALS }

/** What the tables lack, say otherwise, or have too much. */
function differences(table: ReadonlyMap<string, readonly string[]>): string[] {
  const known = Object.entries(sentences).filter(([name, text]) => table.get(name)?.[0] !== text.replaceAll('`', ''))
  // The table of what moves has a column more.
  const names = [...table].filter(([name, cells]) => cells.length === 1 && /^[a-z]+$/.test(name)).map(([name]) => name)
  const unknown = names.filter((name) => !(name in sentences) && name !== 'obstacle' && name !== 'reason')
  return [...known.map(([name]) => name), ...unknown]
}

test('each obstacle and each refusal has its row, and there is no other', () => {
  assert.deepEqual(differences(rows), [])
})

test('control: a row that is wrong, missing or too many is seen', () => {
  const wrong = new Map(rows).set('tls', ['something else']).set('weather', ['bad'])
  wrong.delete('route')
  assert.deepEqual(differences(wrong).sort(), ['route', 'tls', 'weather'])
})
