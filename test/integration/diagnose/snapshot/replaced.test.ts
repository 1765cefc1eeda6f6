/**
 * Lists that are copied with each change grow as others do: what is in them is named, not the copy. Controls: what is replaced
 * and stays as long as it is, is none; what has come with a new record is not told beside it.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Growing } from '../../../../src/diagnose/snapshot/cause.ts'
import { growth } from '../../../../src/diagnose/snapshot/growth.ts'
import { readSnapshot } from '../../../../src/diagnose/snapshot/read-snapshot.ts'
import type { Snapshot } from '../../../../src/diagnose/snapshot/snapshot.ts'
import { FOLDER, marks, run, type Written } from './programs.ts'

describe('what is copied with each change', () => {
  const lines = marks(join(FOLDER, 'replaced.js'), 'grows')
  let written: Written
  let grown: readonly Growing[]

  before(async () => {
    written = await run(join(FOLDER, 'replaced.js'), 3)
    const snapshots = await Promise.all(written.files.map((file) => readSnapshot(file)))
    grown = await growth(...(snapshots as [Snapshot, Snapshot, Snapshot]), { folder: FOLDER })
  })
  after(() => written.remove())

  const of = (name: string) => grown.filter(({ cause }) => cause.holder.name === name)

  for (const name of ['rooms', 'byNumber', 'carts', 'shards', 'notes', 'exported', 'orders']) {
    test(name, () => {
      assert.deepEqual(
        of(name).map(({ cause, perRound }) => [cause.holder.file, cause.holder.line, perRound]),
        [['replaced.js', lines.get(name), 30]],
      )
    })
  }

  test('what has come with a record is not told beside it', () => {
    assert.deepEqual(
      of('records').map(({ cause, counts }) => [cause.path.length, ...counts]),
      [[2, 90, 120, 150]],
    )
  })

  test('control: nothing else grows', () => {
    assert.deepEqual([...new Set(grown.map(({ cause }) => cause.holder.name))].sort(), [...lines.keys()].sort())
  })
})
