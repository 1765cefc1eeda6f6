/**
 * The reader names the variable, property, listener, timer or function that holds, with its line, in the snapshot of a real
 * process; and finds nothing of what that process has let go of.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { causes } from '../../../../src/diagnose/snapshot/causes.ts'
import { readSnapshot } from '../../../../src/diagnose/snapshot/read-snapshot.ts'
import type { Snapshot } from '../../../../src/diagnose/snapshot/snapshot.ts'
import { FOLDER, marks, ofKind, run, type Written } from './programs.ts'

const MANY = 5
/** What the sentence says before its place; the line comes from the mark. */
const NAMES: Record<string, Record<string, string>> = {
  'holders.js': {
    map: 'Map "clients"',
    set: 'Set "members"',
    array: 'Array "list"',
    exported: 'Map "exported"',
    nested: 'Map "rooms"',
    key: 'Map "byKey"',
    table: 'Object "table"',
    decorated: 'Map "live" of Object "decorated"',
    few: 'Object "byTopic"',
    'called map': 'Map "map"',
    'called table': 'Map "table"',
    'called bindings': 'Array "bindings"',
    'called events': 'Array "_events"',
    static: 'Map "all"',
    private: 'Map "#own"',
    field: 'Map "byId"',
    'last field': 'property "last"',
    literal: 'Array "waiting"',
    variable: 'variable "latest"',
    global: 'Array "kept"',
    listener: 'listener on "tick"',
    once: 'listener on "go"',
    'bound listener': 'listener on "news"',
    abort: 'listener on "abort"',
    interval: 'setInterval',
    timeout: 'setTimeout',
    'timer argument': 'setTimeout',
    pending: 'Map "pending"',
    await: 'waiting async function "waits"',
    reaction: 'function given to then',
    store: 'setInterval',
    'shared scope': 'Array "callbacks"',
    bound: 'Array "bound"',
    'weak map': 'Array "keys"',
    'held value': 'FinalizationRegistry "finalizers"',
    links: 'variable "head"',
    error: 'Array "errors"',
    receiver: 'Array "receivers"',
    foreign: 'property "user"',
    stream: 'PassThrough "stream"',
    'once as promise': 'waiting async function "comes"',
    'any signal': 'listener on "abort"',
    generator: 'Array "running"',
    inherited: 'Array "entries"',
  },
  'holders.cjs': {
    map: 'Map "sessions"',
    exports: 'Array "list"',
    'function as class': 'Object "entries"',
    'function property': 'property "last"',
    process: 'listener on "SIGUSR2"',
    'event names': 'listener on an event',
  },
}
/** Of these there is only one at a time. */
const SINGLE = new Set(['variable', 'last field', 'foreign', 'function property'])

for (const [program, names] of Object.entries(NAMES)) {
  describe(program, () => {
    const path = join(FOLDER, program)
    const lines = marks(path, 'holds')
    let written: Written
    let snapshot: Snapshot

    before(async () => {
      written = await run(path)
      snapshot = await readSnapshot(written.files[0] as string)
    })
    after(() => written.remove())

    for (const [kind, name] of Object.entries(names)) {
      test(kind, async () => {
        const found = await causes(snapshot, ofKind(snapshot, 'Victim', kind), { folder: FOLDER, retainedMax: 0 })
        const count = SINGLE.has(kind) ? 1 : MANY
        assert.deepEqual([found.found, found.unheld], [count, 0])
        assert.deepEqual(
          found.causes.map(({ sentence }) => sentence.slice(0, sentence.indexOf(')') + 1)),
          [`${name} (${program}:${lines.get(kind)})`],
        )
        const [cause] = found.causes
        assert.equal(cause?.count, count)
        assert.equal(cause?.path.at(-1)?.type, 'Victim')
      })
    }

    test('control: what was let go of is not there', async () => {
      assert.equal(ofKind(snapshot, 'Victim', 'harmless').length, 0)
      assert.ok(snapshot.find({ className: 'Victim' }).length > 0, 'but the others are')
    })

    test('the same snapshot gives the same answer', async () => {
      const again = await readSnapshot(written.files[0] as string)
      const options = { folder: FOLDER, causesMax: 50, retainedMax: 3 }
      const [first, second] = [
        await causes(snapshot, { className: 'Victim' }, options),
        await causes(again, { className: 'Victim' }, options),
      ]
      assert.deepEqual(first, second)
      assert.equal(new Set(first.causes.map(({ fingerprint }) => fingerprint)).size, first.causes.length)
    })

    if (program !== 'holders.js') return
    test('a part of a buffer is found with all that it keeps', async () => {
      const { causes: all } = await causes(snapshot, { className: 'Slice' }, { folder: FOLDER })
      const [cause] = all
      assert.match(cause?.sentence ?? '', /^Array "slices" \(holders.js:\d+\) keeps 5 Slice alive$/)
      assert.ok((cause?.bytes ?? 0) > MANY * 200_000, `retained: ${cause?.bytes}`)
      const [own] = (await causes(snapshot, { className: 'Slice' }, { retainedMax: 0 })).causes
      assert.equal(own?.bytesAre, 'own')
      assert.ok((own?.bytes ?? 0) < 10_000, 'control: the objects themselves are small')
    })
  })
}
