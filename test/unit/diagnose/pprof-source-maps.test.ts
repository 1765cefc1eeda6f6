/**
 * Places in compiled code as they were written: by maps beside a script and within it. Negative controls: maps that are missing,
 * damaged, too long, of elsewhere or not read in time give the place as it runs.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { type CallFrame, framesOf } from '../../../src/diagnose/pprof/frames.ts'
import { type SourceMapLimits, SourceMaps } from '../../../src/diagnose/pprof/source-maps.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-maps-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/**
 * By hand: line 1 column 4 → line 3 column 1; line 2 column 0 → line 7 and column 8 → line 9 of `src/app.ts`; line 3 column 2 → line 20.
 * Segments are [column, source, line, column], each but the column of a line relative to the one before.
 */
const MAPPINGS = 'IAEC;AAID,QAEA;EAWA'
const MAP = { version: 3, file: 'app.js', sources: ['src/app.ts'], names: [], mappings: MAPPINGS }
const CODE = 'let a\nlet b, c\n  run()\n'
const signal = new AbortController().signal
let made = 0

/** A script whose last line is this comment, and beside it what `files` says. */
function script(comment: string, files: Readonly<Record<string, string>> = {}): string {
  const path = join(folder, `script-${made++}.js`)
  writeFileSync(path, `${CODE}${comment}`)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return path
}

function at(path: string, lineNumber: number, columnNumber: number): CallFrame {
  return { functionName: 'f', url: pathToFileURL(path).href, lineNumber, columnNumber }
}

function makeMaps(limits: SourceMapLimits = {}): SourceMaps {
  return new SourceMaps(new ManualClock(), limits)
}

/** File and line of one place, without the folder. */
async function place(maps: SourceMaps, callFrame: CallFrame, line: number | null = null): Promise<string> {
  const [frame] = await framesOf([{ callFrame, line }], maps, signal)
  return `${frame?.file.replace(`${folder}/`, '')}:${frame?.line}`
}

const inline = (map: object): string =>
  `//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`

describe('source maps', () => {
  test('beside the script', async () => {
    const path = script('//# sourceMappingURL=beside.js.map', { 'beside.js.map': JSON.stringify(MAP) })
    assert.equal(await place(makeMaps(), at(path, 0, 4)), 'src/app.ts:3')
    assert.equal(await place(makeMaps(), at(path, 1, 7)), 'src/app.ts:7')
    assert.equal(await place(makeMaps(), at(path, 1, 8)), 'src/app.ts:9')
    // Before the first that is mapped in its line: the first, never the line before.
    assert.equal(await place(makeMaps(), at(path, 2, 0)), 'src/app.ts:20')
  })

  test('within the script, in base64 and in percent signs; the last comment counts', async () => {
    assert.equal(await place(makeMaps(), at(script(inline(MAP)), 0, 4)), 'src/app.ts:3')
    const percent = `//# sourceMappingURL=data:application/json,${encodeURIComponent(JSON.stringify(MAP))}`
    const path = script(`const text = 'sourceMappingURL=none'\n//# sourceMappingURL=other.map\n${percent}\n`)
    assert.equal(await place(makeMaps(), at(path, 0, 4)), 'src/app.ts:3')
  })

  test('with sections, and with sources that are no files', async () => {
    const sections = { version: 3, sections: [{ offset: { line: 0, column: 0 }, map: MAP }] }
    assert.equal(await place(makeMaps(), at(script(inline(sections)), 0, 4)), 'src/app.ts:3')
    const packed = { ...MAP, sources: ['webpack://app/./src/app.ts'] }
    assert.match(await place(makeMaps(), at(script(inline(packed)), 0, 4)), /^webpack:\/\/app\/.*src\/app\.ts:3$/)
  })

  test('the line that ran counts where it was written in one line, within its function', async () => {
    const path = script(inline(MAP))
    assert.equal(await place(makeMaps(), at(path, 0, 4), 2), 'src/app.ts:20')
    // Line 2 was two lines, and line 1 lies before the function: the function itself is all there is to say.
    assert.equal(await place(makeMaps(), at(path, 0, 4), 1), 'src/app.ts:3')
    assert.equal(await place(makeMaps(), at(path, 2, 2), 0), 'src/app.ts:20')
  })

  test('what is missing, damaged, or of elsewhere leaves the place as it runs', async () => {
    const damaged: [string, string][] = [
      ['no comment', ''],
      ['no such file', '//# sourceMappingURL=nowhere.map'],
      ['a folder', '//# sourceMappingURL=.'],
      ['of elsewhere', '//# sourceMappingURL=http://127.0.0.1:1/app.js.map'],
      ['no address', '//# sourceMappingURL=http://['],
      ['nothing in it', '//# sourceMappingURL=data:application/json;base64,'],
      ['no comma', '//# sourceMappingURL=data:application/json'],
      ['a lone percent sign', '//# sourceMappingURL=data:application/json,%'],
      ['no JSON', '//# sourceMappingURL=data:application/json,{'],
      ['null', inline(JSON.parse('{"a":null}').a ?? [])],
      ['no mappings', inline({ version: 3, sources: ['src/app.ts'], names: [] })],
      ['mappings that are none', inline({ ...MAP, mappings: 7 })],
      ['no letters of base64', inline({ ...MAP, mappings: '!!!!;????;%%%%' })],
      ['cut off', inline({ ...MAP, mappings: MAPPINGS.slice(0, 1) })],
      ['sources that are not there', inline({ ...MAP, sources: [] })],
      ['sources that are no text', inline({ ...MAP, sources: [null] })],
      ['a section without a map', inline({ version: 3, sections: [{}] })],
    ]
    for (const [what, comment] of damaged) {
      const path = script(comment)
      const found = await place(makeMaps(), at(path, 0, 4))
      assert.equal(found, `${path.replace(`${folder}/`, '')}:1`, what)
    }
  })

  test('code without a file has no map: Node itself, evaluated code, a script that is gone', async () => {
    const frame = (url: string, lineNumber = 4): CallFrame => ({ functionName: '', url, lineNumber, columnNumber: 0 })
    const maps = makeMaps()
    assert.equal(await place(maps, frame('node:internal/timers')), 'node:internal/timers:5')
    assert.equal(await place(maps, frame('evalmachine.<anonymous>')), 'evalmachine.<anonymous>:5')
    assert.equal(await place(maps, frame('', -1)), ':0')
    assert.equal(await place(maps, frame('file:///nowhere/at-all.js')), '/nowhere/at-all.js:5')
    assert.equal(await place(maps, frame('file://host/x.js')), 'file://host/x.js:5')
  })

  test('anonymous functions are called so, and no name has angle brackets', async () => {
    const names = ['', 'get <computed>', '<static_initializer>', 'plain']
    const places = names.map((functionName) => ({ callFrame: { ...at('/x.js', 0, 0), functionName }, line: null }))
    const frames = await framesOf(places, makeMaps(), signal)
    assert.deepEqual(
      frames.map(({ name }) => name),
      ['(anonymous)', 'get (computed)', '(static_initializer)', 'plain'],
    )
  })
})

describe('what is kept of source maps', () => {
  test('a map is read once, also when its file has gone', async () => {
    const maps = makeMaps()
    const path = script('//# sourceMappingURL=once.map', { 'once.map': JSON.stringify(MAP) })
    assert.equal(await place(maps, at(path, 0, 4)), 'src/app.ts:3')
    rmSync(path)
    assert.equal(await place(maps, at(path, 0, 4)), 'src/app.ts:3')
    assert.deepEqual(maps.kept, { scripts: 1, bytes: JSON.stringify(MAP).length })
  })

  test('no more scripts and no more bytes than the bounds; those used last stay', async () => {
    const bytes = JSON.stringify(MAP).length
    const few = makeMaps({ mapsMax: 2 })
    const small = makeMaps({ mapBytesMax: bytes * 2 })
    const paths = [0, 1, 2].map(() => script(inline(MAP)))
    const [first = '', second = '', third = ''] = paths
    for (const maps of [few, small]) {
      for (const path of [first, second, first, third]) await place(maps, at(path, 0, 4))
      assert.deepEqual(maps.kept, { scripts: 2, bytes: bytes * 2 })
      rmSync(first, { force: true })
      assert.equal(await place(maps, at(first, 0, 4)), 'src/app.ts:3')
      writeFileSync(first, `${CODE}${inline(MAP)}`)
    }
    const none = makeMaps({ mapBytesMax: bytes - 1 })
    assert.equal(await place(none, at(second, 0, 4)), 'src/app.ts:3')
    assert.deepEqual(none.kept, { scripts: 0, bytes: 0 })
  })

  test('a script that is too long is left alone', async () => {
    const path = script(inline(MAP))
    assert.notEqual(await place(makeMaps({ fileBytesMax: 50 }), at(path, 0, 4)), 'src/app.ts:3')
  })

  test('what is not read for want of time is read the next time', async () => {
    const clock = new ManualClock()
    const maps = new SourceMaps(clock)
    const callFrame = at(script(inline(MAP)), 0, 4)
    const gone = new AbortController()
    gone.abort()
    const [unread] = await framesOf([{ callFrame, line: null }], maps, gone.signal)
    assert.equal(unread?.line, 1)
    assert.deepEqual(maps.kept, { scripts: 0, bytes: 0 })
    assert.equal(await place(maps, callFrame), 'src/app.ts:3')
    assert.equal(clock.timers, 0)
  })
})
