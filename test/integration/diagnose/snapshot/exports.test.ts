/**
 * A variable that a module exports is named where it is declared, by the name it has there, whichever module uses it and however
 * it was handed on. The listener of an event target is named by its line, though it is wrapped.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { causes } from '../../../../src/diagnose/snapshot/causes.ts'
import { readSnapshot } from '../../../../src/diagnose/snapshot/read-snapshot.ts'
import type { Snapshot } from '../../../../src/diagnose/snapshot/snapshot.ts'
import { FOLDER, marks, ofKind, run, type Written } from './programs.ts'

const NAMES: Record<string, string> = {
  default: 'Map "sessions"',
  renamed: 'Set "members"',
  assigned: 'Array "latest"',
  'in an object': 'Map "byName"',
}

describe('what a module exports', () => {
  const lines = marks(join(FOLDER, 'exports/state.js'), 'holds')
  let written: Written
  let snapshot: Snapshot

  before(async () => {
    written = await run(join(FOLDER, 'exports.js'))
    snapshot = await readSnapshot(written.files[0] as string)
  })
  after(() => written.remove())

  for (const [kind, name] of Object.entries(NAMES)) {
    test(kind, async () => {
      const { causes: all } = await causes(snapshot, ofKind(snapshot, 'Victim', kind), { folder: FOLDER })
      const place = `(exports/state.js:${lines.get(kind)})`
      assert.deepEqual(
        all.map(({ sentence }) => sentence),
        [`${name} ${place} keeps 5 Victim alive`],
      )
      assert.equal(all[0]?.path[0]?.place?.file, 'exports/state.js', 'the path begins there')
    })
  }

  test('a listener on a port, by its line', async () => {
    const line = marks(join(FOLDER, 'exports.js'), 'holds').get('listener')
    const wrapped = snapshot.find({ className: 'Listener' })
    const { causes: all } = await causes(snapshot, wrapped, { folder: FOLDER })
    const own = all.filter(({ holder }) => holder.name === 'message' && holder.file === 'exports.js')
    assert.deepEqual(
      own.map(({ holder, count }) => [holder.kind, holder.line, count]),
      [['listener', line, 5]],
    )
  })
})
