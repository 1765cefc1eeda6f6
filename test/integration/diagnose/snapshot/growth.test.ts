/** What grows by as much with each round is named, out of three snapshots of a real process; what is full is not. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { growth } from '../../../../src/diagnose/snapshot/growth.ts'
import { readSnapshot } from '../../../../src/diagnose/snapshot/read-snapshot.ts'
import type { Snapshot } from '../../../../src/diagnose/snapshot/snapshot.ts'
import { FOLDER, marks, run, type Written } from './programs.ts'

describe('growth', () => {
  const path = join(FOLDER, 'grows.js')
  const lines = marks(path, 'grows')
  let written: Written
  let snapshots: [Snapshot, Snapshot, Snapshot]

  before(async () => {
    written = await run(path, 3)
    snapshots = (await Promise.all(written.files.map((file) => readSnapshot(file)))) as typeof snapshots
  })
  after(() => written.remove())

  test('is named with its holder, line, number and size', async () => {
    const grown = await growth(...snapshots, { folder: FOLDER })
    assert.deepEqual(
      grown.map(({ sentence, counts }) => [sentence, ...counts]).sort(),
      [
        [`Array "copied" (grows.js:${lines.get('Date')}) grows by 10 Date each round`, 30, 40, 50],
        [`Map "sessions" (grows.js:${lines.get('Session')}) grows by 40 Session each round`, 120, 160, 200],
        [`Object "online" (grows.js:${lines.get('Seen')}) grows by 40 Object each round`, 120, 160, 200],
        [
          `listener on "news" (grows.js:${lines.get('function')}) of EventEmitter "bus" (grows.js:${lines.get('bus')}) grows by 10 function each round`,
          ...[30, 40, 50],
        ],
      ].sort(),
    )
    const [sessions] = grown
    assert.match(sessions?.sentence ?? '', /^Map "sessions"/, 'the largest comes first')
    assert.ok((sessions?.bytesPerRound ?? 0) > 40 * 100)
  })

  test('control: two snapshots of the same moment show none', async () => {
    const [a, b] = snapshots
    assert.deepEqual(await growth(a, b, b, { folder: FOLDER }), [])
  })

  test('control: fewer than were asked for are not told', async () => {
    const grown = await growth(...snapshots, { perRoundMin: 20 })
    assert.deepEqual(
      grown.map(({ perRound }) => perRound),
      [40, 40],
    )
  })

  test('snapshots of two programs are not compared', async () => {
    const other = await run(join(FOLDER, 'holders.cjs'))
    try {
      const [a, b] = snapshots
      const strange = await readSnapshot(other.files[0] as string)
      await assert.rejects(growth(a, b, strange), { code: 'HF_SNAPSHOTS_UNRELATED', message: /second snapshot/ })
      await assert.rejects(growth(strange, b, b), { code: 'HF_SNAPSHOTS_UNRELATED', message: /first snapshot/ })
    } finally {
      other.remove()
    }
  })
})
