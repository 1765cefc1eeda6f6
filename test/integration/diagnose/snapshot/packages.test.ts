/**
 * What an object of a package keeps is named by the variable or property in which the program has that object. Control: where
 * another package has it, it is named by the field that keeps it, and by who has that.
 */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { adviceFor } from '../../../../src/diagnose/doctor/advice.ts'
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
/** All that its functions share is the table. */
const SMALL = `module.exports = (all = new Map()) => ({ all, on: (value) => all.set(value, value) })
`
const FRAMEWORK = `import { Keeper } from 'keeper'
export class App {
  memory = new Keeper()
}
`
const PROGRAM = `import { writeHeapSnapshot } from 'node:v8'
import { App } from 'framework'
import { emitter, Keeper, store } from 'keeper'
import small from 'small'
class Victim { constructor(kind) { this.kind = kind } }
class Service {
  sessions = new Keeper()
}
const tokens = new Keeper()
const matches = store()
const service = new Service()
const app = new App()
const ticks = emitter()
const bus = small()
const table = {}
for (let index = 0; index < 5; index++) {
  tokens.keep(new Victim('tokens'))
  matches.listen(new Victim('matches'))
  service.sessions.keep(new Victim('sessions'))
  app.memory.keep(new Victim('memory'))
  ticks.on('tick', new Victim('ticks'))
  bus.on(new Victim('bus'))
  table['key ' + index] = new Victim('table')
}
globalThis.use = () => [tokens, matches, service, app, ticks, bus, table]
setTimeout(() => writeHeapSnapshot(process.argv[2]), 20)
`

describe('what an object of a package keeps', () => {
  const folder = mkdtempSync(join(tmpdir(), 'packages-'))
  let found: readonly Cause[]

  before(async () => {
    for (const [name, text] of Object.entries({ keeper: KEEPER, framework: FRAMEWORK, small: SMALL })) {
      const type = name === 'small' ? 'commonjs' : 'module'
      mkdirSync(join(folder, 'node_modules', name), { recursive: true })
      writeFileSync(join(folder, 'node_modules', name, 'index.js'), text)
      writeFileSync(join(folder, 'node_modules', name, 'package.json'), JSON.stringify({ type, main: 'index.js' }))
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
    assert.ok(has('Keeper "tokens" (app.mjs:9)'), said())
    assert.ok(has('Object "matches" (app.mjs:10)'), said())
    assert.ok(has('Object "ticks" (app.mjs:13)'), said())
    assert.ok(has('Object "bus" (app.mjs:14)'), said())
  })

  test('or by the property', () => {
    assert.ok(has('Keeper "sessions" (app.mjs:7)'), said())
  })

  test('control: by its own, where another package has it', () => {
    const [keeper, framework] = ['keeper', 'framework'].map((name) => `node_modules/${name}/index.js`)
    assert.ok(has(`Map "#entries" (${keeper}:2) of Keeper "memory" (${framework}:3) of App "app" (app.mjs:12)`), said())
  })

  test('what is advised is not to take out what only the package can', () => {
    const advice = (name: string) => found.filter(({ holder }) => holder.name === name).map(adviceFor)
    const keeps = (name: string) => [
      `what ${name} keeps is never let go of: end or consume what is in it, or give it a bound`,
    ]
    assert.deepEqual(advice('tokens'), keeps('tokens'))
    assert.deepEqual(advice('matches'), keeps('matches'))
    assert.match(advice('table').join(), /^delete the property/, 'control: of the program itself')
  })

  test('and the path goes on to it', () => {
    const path = found.find(({ holder }) => holder.name === 'tokens')?.path.map(({ name }) => name)
    assert.deepEqual(path?.slice(0, 2), ['tokens', '#entries'])
  })
})
