/**
 * What an object of a package keeps is named by the variable or property in which the program has that object. Control: where
 * another package has it, it is named by the field that keeps it, and by who has that.
 */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Cause } from '../../../../src/diagnose/snapshot/cause.ts'
import { causes } from '../../../../src/diagnose/snapshot/causes.ts'
import { readSnapshot } from '../../../../src/diagnose/snapshot/read-snapshot.ts'
import { run } from './programs.ts'

const KEEPER = `export class Keeper {
  #entries = new Map()
  keep(value) { this.#entries.set(value, value) }
}
export function store() {
  const listeners = new Set()
  return { listen: (value) => listeners.add(value) }
}
export const emitter = () => ({
  events: {},
  on(event, value) { (this.events[event] ??= []).push(value) },
})
`
const FRAMEWORK = `import { Keeper } from 'keeper'
export class App {
  memory = new Keeper()
}
`
const PROGRAM = `import { writeHeapSnapshot } from 'node:v8'
import { App } from 'framework'
import { emitter, Keeper, store } from 'keeper'
class Victim { constructor(kind) { this.kind = kind } }
class Service {
  sessions = new Keeper()
}
const tokens = new Keeper()
const matches = store()
const service = new Service()
const app = new App()
const ticks = emitter()
for (let index = 0; index < 5; index++) {
  tokens.keep(new Victim('tokens'))
  matches.listen(new Victim('matches'))
  service.sessions.keep(new Victim('sessions'))
  app.memory.keep(new Victim('memory'))
  ticks.on('tick', new Victim('ticks'))
}
globalThis.use = () => [tokens, matches, service, app, ticks]
setTimeout(() => writeHeapSnapshot(process.argv[2]), 20)
`

describe('what an object of a package keeps', () => {
  const folder = mkdtempSync(join(tmpdir(), 'packages-'))
  let found: readonly Cause[]

  before(async () => {
    for (const [name, text] of Object.entries({ keeper: KEEPER, framework: FRAMEWORK })) {
      mkdirSync(join(folder, 'node_modules', name), { recursive: true })
      writeFileSync(join(folder, 'node_modules', name, 'index.js'), text)
      writeFileSync(join(folder, 'node_modules', name, 'package.json'), '{ "type": "module", "main": "index.js" }')
    }
    writeFileSync(join(folder, 'app.mjs'), PROGRAM)
    const written = await run(join(folder, 'app.mjs'))
    try {
      const snapshot = await readSnapshot(written.files[0] as string)
      found = (await causes(snapshot, { className: 'Victim' }, { folder, retainedMax: 0 })).causes
    } finally {
      written.remove()
    }
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  const has = (sentence: string) => found.some((cause) => cause.sentence === `${sentence} keeps 5 Victim alive`)
  const said = () => found.map(({ sentence }) => sentence).join('\n')

  test('is named by the variable that the program has it in', () => {
    assert.ok(has('Keeper "tokens" (app.mjs:8)'), said())
    assert.ok(has('Object "matches" (app.mjs:9)'), said())
    assert.ok(has('Object "ticks" (app.mjs:12)'), said())
  })

  test('or by the property', () => {
    assert.ok(has('Keeper "sessions" (app.mjs:6)'), said())
  })

  test('control: by its own, where another package has it', () => {
    const [keeper, framework] = ['keeper', 'framework'].map((name) => `node_modules/${name}/index.js`)
    assert.ok(has(`Map "#entries" (${keeper}:2) of Keeper "memory" (${framework}:3) of App "app" (app.mjs:11)`), said())
  })

  test('and the path goes on to it', () => {
    const path = found.find(({ holder }) => holder.name === 'tokens')?.path.map(({ name }) => name)
    assert.deepEqual(path?.slice(0, 2), ['tokens', '#entries'])
  })
})
