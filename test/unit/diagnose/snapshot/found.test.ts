/** From a declaration in a script to the place and the name in what it was made of. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scriptMap } from '../../../../src/diagnose/pprof/script-map.ts'
import type { Declaration } from '../../../../src/diagnose/snapshot/declarations.ts'
import { inScript } from '../../../../src/diagnose/snapshot/found.ts'
import type { Script } from '../../../../src/diagnose/snapshot/scripts.ts'
import { parseScript } from '../../../../src/diagnose/snapshot/syntax.ts'

type Segment = readonly number[]

/** @param mappings by line: column in the script, source, line and column in it, name */
function script(text: string, names: readonly string[], mappings: readonly (readonly Segment[])[]): Script {
  const map = scriptMap(JSON.stringify({ version: 3, sources: ['a.ts'], names, mappings }), 'file:///src/a.js')
  return { file: '/src/a.js', text, isSame: true, program: parseScript(text), original: map.find, map }
}

function found(of: Script, name: string, start: number, value: Declaration['value'] = null) {
  const { place, name: original } = inScript(of, { name, start, value })
  return [original, place?.line, place?.is]
}

test('a variable that a minifier has renamed has its own name', () => {
  const mapped = script(
    'var o=new Map,i=1',
    ['members'],
    [
      [
        [0, 0, 9, 0],
        [4, 0, 9, 6, 0],
        [14, 0, 10, 6],
      ],
    ],
  )
  assert.deepEqual(found(mapped, 'o', 4), ['members', 10, 'declared'])
  assert.deepEqual(found(mapped, 'i', 14), [null, 11, 'declared'], 'control: no name was written down')
})

test('so has a private field, static or not', () => {
  const text = 'class A{static#e=1;#f=2}'
  const mapped = script(
    text,
    ['#entries', '#late'],
    [
      [
        [0, 0, 9, 0],
        [14, 0, 9, 6, 0],
        [19, 0, 10, 6, 1],
      ],
    ],
  )
  assert.deepEqual(found(mapped, '#e', text.indexOf('static')), ['#entries', 10, 'declared'])
  assert.deepEqual(found(mapped, '#f', text.indexOf('#f')), ['#late', 11, 'declared'])
})

test('of an assignment to a property, the name of the object is not taken', () => {
  const mapped = script('o.all=[]', ['members'], [[[0, 0, 9, 0, 0]]])
  assert.deepEqual(found(mapped, 'all', 0), [null, 10, 'declared'])
})

test('a variable that a compiler has made is where it was made for', () => {
  const text = 'var _open;\n_open.set(this, 1)'
  const placed = [[0, 0, 6, 2]]
  assert.deepEqual(found(script(text, [], [[], placed]), '_open', 4), [null, 7, 'near'])
  assert.deepEqual(found(script(text, [], [[[0, 0, 0, 0]], placed]), '_open', 4), [null, 7, 'near'])
  // Controls: what is declared somewhere stays there, in the first line too.
  assert.deepEqual(found(script(text, [], [[[0, 0, 4, 0]], placed]), '_open', 4), [null, 5, 'declared'])
  assert.deepEqual(
    found(
      script(
        text,
        [],
        [
          [
            [0, 0, 0, 0],
            [4, 0, 0, 4],
          ],
          placed,
        ],
      ),
      '_open',
      4,
    ),
    [null, 1, 'declared'],
  )
})
