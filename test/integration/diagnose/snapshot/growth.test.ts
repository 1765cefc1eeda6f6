/** What grows by as much with each round is named, out of three snapshots of a real process; what is full is not. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Cause } from '../../../../src/diagnose/snapshot/cause.ts'
import { growth } from '../../../../src/diagnose/snapshot/growth.ts'
import { readSnapshot } from '../../../../src/diagnose/snapshot/read-snapshot.ts'
import type { Snapshot } from '../../../../src/diagnose/snapshot/snapshot.ts'
import { FOLDER, marks, run, type Written } from './programs.ts'

const isBehindNode = ({ path: [first] }: Cause) => first?.kind === 'root' || first?.kind === 'timer'

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
    const grown = await growth(...snapshots, { folder: FOLDER, causesMax: 20 })
    const own = grown.filter(({ of, cause }) => of === 'objects' && !isBehindNode(cause))
    const at = (mark: string) => `(grows.js:${lines.get(mark)})`
    assert.deepEqual(
      own.map(({ sentence, counts }) => [sentence, ...counts]).sort(),
      [
        [`Array "copied" ${at('Date')} grows by 10 Date each round`, 30, 40, 50],
        [`Map "sessions" ${at('Session')} grows by 40 Session each round`, 120, 160, 200],
        [`Object "online" ${at('Seen')} grows by 40 Object each round`, 120, 160, 200],
        [`Array "deliveries" ${at('Delivery')} grows by 10 Delivery each round`, 30, 40, 50],
        // Not a second time by what each of them has brought along.
        [`Object "users" ${at('Object')} grows by 10 Object each round`, 30, 40, 50],
        [`Catalog "catalog" ${at('Catalog')} grows by 10 Delivery each round`, 30, 40, 50],
        [`Set "tokens" ${at('symbol')} grows by 10 symbol each round`, 30, 40, 50],
        [
          `listener on "news" ${at('function')} of EventEmitter "bus" ${at('bus')} grows by 10 function each round`,
          ...[30, 40, 50],
        ],
      ].sort(),
    )
    const [sessions] = own
    assert.match(sessions?.sentence ?? '', /^Map "sessions"/, 'the largest comes first')
    assert.ok((sessions?.bytesPerRound ?? 0) > 40 * 100)
  })

  test('behind what Node holds, is named by the function that waits or listens', async () => {
    const grown = await growth(...snapshots, { folder: FOLDER, causesMax: 20 })
    const behind = grown.filter(({ cause }) => isBehindNode(cause)).map(({ cause: { holder } }) => holder)
    const named = new Set(behind.map(({ name, file, line }) => `${name} ${file}:${line}`))
    assert.deepEqual(
      named,
      new Set([`follow grows.js:${lines.get('follow')}`, `message grows.js:${lines.get('message')}`]),
    )
  })

  test('of texts and numbers is what goes on, also in several of a kind, not what is begun anew', async () => {
    const grown = await growth(...snapshots, { folder: FOLDER, causesMax: 20 })
    const swollen = grown
      .filter(({ of }) => of === 'bytes')
      .map(({ cause: { holder } }) => `${holder.name} ${holder.line}`)
    assert.deepEqual(
      swollen.sort(),
      ['ids', 'log', 'note', 'readings', 'times'].map((name) => `${name} ${lines.get(name)}`),
    )
  })

  test('control: two snapshots of the same moment show none', async () => {
    const [a, b] = snapshots
    assert.deepEqual(await growth(a, b, b, { folder: FOLDER }), [])
  })

  test('control: fewer than were asked for are not told', async () => {
    const grown = await growth(...snapshots, { perRoundMin: 20 })
    assert.deepEqual(
      grown.filter(({ of, cause }) => of === 'objects' && !isBehindNode(cause)).map(({ perRound }) => perRound),
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
