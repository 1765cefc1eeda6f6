import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { booleanOption, integerOption, option, readOptions, refuseUnknown } from '../../../src/base/options.ts'
import { DEFLATE_OPTIONS, ROUTE_OPTIONS, SERVER_OPTIONS } from '../../../src/server/server-options.ts'

const words = { about: 'About.', without: 'Without.' }
const TABLE = {
  waitMs: integerOption(10, 100, { default: 50, ...words }),
  loud: booleanOption({ default: false, ...words }),
  mode: option(z.enum(['a', 'b']), "'a' or 'b'", { default: 'a', ...words }),
} as const

test('defaults, then the fallback, then what was given; the result is frozen', () => {
  assert.deepEqual({ ...readOptions('x', TABLE, {}) }, { waitMs: 50, loud: false, mode: 'a' })
  const options = readOptions('x', TABLE, { loud: true, mode: undefined }, { waitMs: 60, mode: 'b', loud: false })
  assert.deepEqual({ ...options }, { waitMs: 60, loud: true, mode: 'b' })
  assert.equal(Object.isFrozen(options), true)
})

test('both ends of a range are in it, and beyond them is out', () => {
  for (const waitMs of [10, 100]) assert.equal(readOptions('x', TABLE, { waitMs }).waitMs, waitMs)
  for (const waitMs of [9, 101, 10.5, Number.NaN, Number.POSITIVE_INFINITY, '50', null, {}]) {
    assert.throws(
      () => readOptions('makeIt()', TABLE, { waitMs }),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, 'HF_OPTION_INVALID')
        assert.match(error.message, /makeIt\(\): waitMs is .*; wanted a whole number from 10 to 100/)
        return true
      },
      `waitMs ${String(waitMs)}`,
    )
  }
})

test('a misspelt option is named, with what is known and the nearest', () => {
  assert.throws(() => readOptions('makeIt()', TABLE, { waitMS: 50 }), {
    code: 'HF_OPTION_UNKNOWN',
    message: /unknown option "waitMS" in makeIt\(\); wanted one of: waitMs, loud, mode; did you mean "waitMs"\?/,
  })
  assert.throws(() => readOptions('makeIt()', TABLE, { somethingElse: 1 }), { message: /; remove it/ })
  assert.doesNotThrow(() => refuseUnknown('x', 'loud', ['loud']))
})

test('names of Object.prototype are no options', () => {
  for (const name of ['constructor', 'toString', '__proto__']) {
    const input = JSON.parse(`{"${name}": 1}`) as Record<string, unknown>
    assert.throws(() => readOptions('x', TABLE, input), { code: 'HF_OPTION_UNKNOWN' }, name)
  }
})

test('a long or strange value is shown short', () => {
  assert.throws(
    () => readOptions('x', TABLE, { mode: 'z'.repeat(10_000) }),
    (error: Error) => error.message.length < 400,
  )
  for (const mode of [Symbol('s'), () => {}, 10n, new Map()]) {
    assert.throws(() => readOptions('x', TABLE, { mode }), { code: 'HF_OPTION_INVALID' })
  }
})

test('every option of the library: default in range, words present, unit in the name of a number', () => {
  for (const [name, entry] of Object.entries({ ...SERVER_OPTIONS, ...ROUTE_OPTIONS, ...DEFLATE_OPTIONS })) {
    assert.equal(entry.schema.safeParse(entry.default).success, true, `${name}: its default is out of range`)
    assert.match(entry.about, /\.$/, `${name}: "about" is a sentence`)
    assert.match(entry.without, /\.$/, `${name}: "without" is a sentence`)
    assert.ok(entry.range.length > 0, name)
    if (typeof entry.default === 'number') assert.match(name, /(Ms|Max|Bytes|[lL]evel)$/, `${name}: unit at the end`)
  }
})
