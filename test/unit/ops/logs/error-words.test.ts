/** What a log says of errors, when a client has written most of their text, and when nothing of an application may be said. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { linesOfCode, reasonWithoutMessage, withoutQuotes } from '../../../../src/ops/logs/error-words.ts'

const LENGTH = 2_000_000

describe('of a text that a client has made long', () => {
  // Looking from each of these to the end, for what is not there, would take hours.
  for (const begins of [
    '"',
    '..."',
    'Unexpected token ',
    'Cannot convert ',
    " on string '",
    '. Received ',
    '\n',
    '\n\t',
  ]) {
    test(`with nothing but ${JSON.stringify(begins)}`, () => {
      const text = `unknown command ${begins.repeat(LENGTH / begins.length)}`
      assert.ok(withoutQuotes(text).startsWith('unknown command'))
      assert.equal(linesOfCode(text), '')
    })
  }
})

describe('what Node quotes is left out', () => {
  const thrown = (fn: () => unknown): string => {
    try {
      fn()
    } catch (error) {
      return (error as Error).message
    }
    throw new Error('it did not throw')
  }

  test('of values that an API of Node was given', () => {
    for (const [message, said] of [
      [thrown(() => Buffer.from('x', 's3cret' as never)), 'Unknown encoding'],
      [
        thrown(() => Buffer.alloc('s3cret' as never)),
        'The "size" argument must be of type number. Received something else',
      ],
      [thrown(() => new Request('s3cret')), 'Failed to parse a URL'],
    ] as const) {
      assert.match(message, /s3cret/, 'negative control: it does quote')
      assert.equal(withoutQuotes(message), said)
    }
  })

  test('and what is around it stays', () => {
    const said = `message: ${thrown(() => JSON.parse('s3cret'))}; try again`
    assert.equal(withoutQuotes(said), 'message: a text that is not valid JSON; try again')
    assert.equal(withoutQuotes('Received 5 of 6'), 'Received 5 of 6')
    assert.equal(withoutQuotes('a "word" of mine'), 'a "word" of mine')
    assert.equal(withoutQuotes(' is not valid JSON"'), ' is not valid JSON"')
  })
})

test('a reason of the supervisor without what the app has said', () => {
  const stack = 'RangeError: s3cret\n    at place (app.js:1:2)\n    at other (app.js:3:4)'
  const left = 'RangeError, whose message is left out\n    at place (app.js:1:2)\n    at other (app.js:3:4)'
  for (const [reason, said] of [
    ['', ''],
    ['it was ended by SIGKILL', 'it was ended by SIGKILL'],
    ['/app/app.js: it has no default export; it exports nothing; wanted one', null],
    [stack, left],
    ['s3cret', 'an error, whose message is left out'],
    ['Error: s3cret did not start: ', 'Error, whose message is left out'],
    [
      '/app/app.js: importing it failed: s3cret; wanted a module',
      '/app/app.js: importing it failed: an error, whose message is left out',
    ],
    [`a worker of /app/app.js did not start: ${stack}`, `a worker of /app/app.js did not start: ${left}`],
    [`every worker has crashed again and again: ${stack}`, `every worker has crashed again and again: ${left}`],
  ] as const) {
    assert.equal(reasonWithoutMessage(reason), said ?? reason)
  }
})
