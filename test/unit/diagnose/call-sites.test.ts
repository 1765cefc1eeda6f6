/** Where in the code something was put into a scope. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CallSites, firstFrame } from '../../../src/diagnose/work/call-sites.ts'

const OWN = '/app/node_modules/holdfast/dist/'

const STACKS: readonly (readonly [text: string, wanted: unknown])[] = [
  [
    `    at Scope.every (file://${OWN}base/scope.js:1:2)\n    at open (file:///app/chat.js:12:9)`,
    ['open', '/app/chat.js', 12],
  ],
  ['    at /app/old.cjs:3:1', ['', '/app/old.cjs', 3]],
  ['    at async load (file:///app/late.ts:7:3)', ['load', '/app/late.ts', 7]],
  ['    at Object.<anonymous> (C:\\app\\win.js:5:1)', ['<anonymous>', 'C:\\app\\win.js', 5]],
  ['    at node:internal/timers:1:1\n    at process.nextTick (node:internal/x:2:2)', null],
  [
    '    at eval (eval at run (file:///app/a.js:1:1), <anonymous>:1:1)\n    at b (file:///app/b.js:2:2)',
    ['b', '/app/b.js', 2],
  ],
  ['', null],
]

describe('the first frame that is not of our own', () => {
  for (const [text, wanted] of STACKS) {
    test(JSON.stringify(wanted), () => {
      const found = firstFrame(`Error\n${text}`, [OWN])
      assert.deepEqual(found && [found.function, found.file, found.line], wanted)
    })
  }
})

test('a name has the few lines it comes from; names beyond the bound have none, and are counted', () => {
  const sites = new CallSites()
  const one = (): void => sites.note('/ task one')
  for (let count = 0; count < 500; count++) one()
  const [line, ...more] = sites.of('/ task one')
  assert.equal(more.length, 0)
  assert.deepEqual([line?.function, line?.file.endsWith('call-sites.test.ts')], ['one', true])
  for (let count = 0; count < 1_500; count++) sites.note(`/ task ${count}`)
  assert.equal(sites.dropped, 501)
  assert.deepEqual(sites.of('/ task 1400'), [])
})

test('an application that writes stacks in its own way is left alone', () => {
  const { prepareStackTrace, stackTraceLimit } = Error
  try {
    Error.prepareStackTrace = () => ['something else']
    const sites = new CallSites()
    sites.note('/ task own')
    assert.deepEqual([sites.of('/ task own'), Error.stackTraceLimit], [[], stackTraceLimit])
  } finally {
    Error.prepareStackTrace = prepareStackTrace
  }
})
