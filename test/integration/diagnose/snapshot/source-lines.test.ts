/**
 * Lines in what was written, where something else ran: by the source map of a script, and in TypeScript that a loader has
 * compiled in memory. And no line where none is certain.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { transformSync } from 'esbuild'
import type { Cause } from '../../../../src/diagnose/snapshot/cause.ts'
import { causes } from '../../../../src/diagnose/snapshot/causes.ts'
import { readSnapshot } from '../../../../src/diagnose/snapshot/read-snapshot.ts'
import { run } from './programs.ts'

/** As users have it. */
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
const folder = mkdtempSync(join(tmpdir(), 'lines-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const PROGRAM = `import { writeHeapSnapshot } from 'node:v8'
class Victim { text = 'held' }
class Hub { rooms = new Map() }
const clients = new Map()
const hub = new Hub()
for (let i = 0; i < 5; i++) { clients.set(i, new Victim()); hub.rooms.set(i, new Victim()) }
globalThis.use = () => [clients, hub]
setTimeout(() => writeHeapSnapshot(process.argv[2]), 20)
`

async function examined(
  path: string,
  options: readonly string[] = [],
  before = () => {},
  className = 'Victim',
): Promise<readonly Cause[]> {
  const written = await run(path, 1, options)
  try {
    before()
    const snapshot = await readSnapshot(written.files[0] as string)
    return (await causes(snapshot, { className }, { folder, retainedMax: 0 })).causes
  } finally {
    written.remove()
  }
}

const sentences = (all: readonly Cause[]) => all.map(({ sentence }) => sentence).sort()

describe('lines', () => {
  test('of a script with a source map are those of its source', async () => {
    const path = join(folder, 'mapped.mjs')
    // Each line of the script is the one ten further down in the source.
    const mappings = [
      'AAUA',
      ...PROGRAM.split('\n')
        .slice(1)
        .map(() => 'AACA'),
    ].join(';')
    const map = JSON.stringify({ version: 3, sources: ['src/app.ts'], names: [], mappings })
    writeFileSync(
      path,
      `${PROGRAM}//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString('base64')}\n`,
    )
    assert.deepEqual(sentences(await examined(path)), [
      'Map "clients" (src/app.ts:14) keeps 5 Victim alive',
      'Map "rooms" (src/app.ts:13) keeps 5 Victim alive',
    ])
  })

  test('and so are the names of what has been made short', async () => {
    const path = join(folder, 'short.mjs')
    const source = PROGRAM.replace('hub =', 'hub: Hub =')
    const { code } = transformSync(source, {
      loader: 'ts',
      sourcefile: 'src/app.ts',
      sourcemap: 'inline',
      minify: true,
    })
    const [short = ''] = code.split('//#')
    assert.doesNotMatch(short, /clients|Victim/, 'control: it is short')
    const victim = /class (\w+){text=/.exec(short)?.[1] ?? ''
    writeFileSync(path, code)
    assert.deepEqual(sentences(await examined(path, [], () => {}, victim)), [
      `Map "clients" (src/app.ts:4) keeps 5 ${victim} alive`,
      `Map "rooms" (src/app.ts:3) keeps 5 ${victim} alive`,
    ])
    writeFileSync(path, short)
    const without = sentences(await examined(path, [], () => {}, victim))
    assert.equal(without.length, 2)
    assert.doesNotMatch(without.join(), /clients|app\.ts/, 'control: without the map')
  })

  test('of TypeScript are found by name', async () => {
    const path = join(folder, 'app.mts')
    const text = PROGRAM.replace('const clients =', 'type Clients = Map<number, Victim>\n\nconst clients: Clients =')
    writeFileSync(path, text.replace('rooms = new', 'readonly rooms: Map<number, Victim> = new'))
    const options = ['--import', TSX]
    assert.deepEqual(sentences(await examined(path, options)), [
      'Map "clients" (app.mts:6) keeps 5 Victim alive',
      'Map "rooms" (app.mts:3) keeps 5 Victim alive',
    ])
  })

  test('of TypeScript that is longer than what a snapshot has of it', async () => {
    const path = join(folder, 'long.mts')
    const text = PROGRAM.replace('const clients =', 'type Clients = Map<number, Victim>\n\nconst clients: Clients =')
    writeFileSync(path, `${text}// ${'and so on '.repeat(200)}\n`)
    const options = ['--import', TSX]
    const all = await examined(path, options)
    assert.deepEqual(sentences(all), [
      'Map "clients" (long.mts:6) keeps 5 Victim alive',
      'Map "rooms" (long.mts:3) keeps 5 Victim alive',
    ])
  })

  test('control: of a file that has been changed since, none is made up', async () => {
    const path = join(folder, 'changed.mjs')
    // Longer than what a snapshot has of it.
    writeFileSync(path, `${PROGRAM}// ${'and so on '.repeat(200)}\n`)
    const all = await examined(path, [], () =>
      writeFileSync(path, `\n\n${PROGRAM.replaceAll(/clients|rooms/g, 'other')}`),
    )
    assert.deepEqual(
      all.map(({ holder: { name, line, is } }) => [name, line, is]),
      [
        ['clients', null, null],
        ['rooms', null, null],
      ],
    )
  })

  test('of a file that is gone: a short script is in the snapshot itself', async () => {
    const path = join(folder, 'gone.mjs')
    writeFileSync(path, PROGRAM)
    assert.deepEqual(sentences(await examined(path, [], () => rmSync(path))), [
      'Map "clients" (gone.mjs:4) keeps 5 Victim alive',
      'Map "rooms" (gone.mjs:3) keeps 5 Victim alive',
    ])
  })
})
