import assert from 'node:assert/strict'
import { test } from 'node:test'
import { goesOn, type Text } from '../../../../src/diagnose/snapshot/texts.ts'
import { snapshotOf, type WrittenNode } from './written.ts'

/** A text in a snapshot of its own. Of parts: one after the other, by twos. */
function text(id: number, ...parts: readonly (string | readonly [id: number, text: string])[]): Text {
  const nodes: WrittenNode[] = [['synthetic', '', [['shortcut', 'global', 1]]]]
  const add = ([part = '', ...rest]: typeof parts, number: number): number => {
    const at = nodes.length
    const [own, content] = typeof part === 'string' ? [number, part] : part
    if (rest.length === 0) {
      nodes.push(['string', content, [], { id: own }])
      return at
    }
    const pair: WrittenNode = ['concatenated string', '(concatenated string)', [], { id: number }]
    nodes.push(pair)
    const first = nodes.push(['string', content, [], { id: own === number ? number + 100 : own }]) - 1
    const second = add(rest, number + 200)
    nodes[at] = [
      pair[0],
      pair[1],
      [
        ['internal', 'first', first],
        ['internal', 'second', second],
      ],
      { id: number },
    ]
    return at
  }
  const node = add(parts, id)
  return { snapshot: snapshotOf(nodes), node }
}

test('a text goes on that begins as before, however it is put together', () => {
  assert.equal(goesOn(text(1, 'one two'), text(1, 'one two three')), true)
  assert.equal(goesOn(text(1, 'one ', 'two'), text(3, 'one two three')), true)
  assert.equal(goesOn(text(1, 'one two'), text(3, 'one ', 'two ', 'three')), true)
})

test('also where something was put before it', () => {
  assert.equal(goesOn(text(1, 'one two'), text(3, 'zero ', [1, 'one two'])), true)
})

test('another one does not, be it longer', () => {
  assert.equal(goesOn(text(1, 'one two'), text(3, 'two three four')), false)
  assert.equal(goesOn(text(1, 'one ', 'two'), text(3, 'one ', 'three')), false)
  assert.equal(
    goesOn(text(1, 'one two'), text(3, 'zero ', 'one two')),
    false,
    'control: the same letters are another text',
  )
})
