import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ERRORS, type ErrorCode, type ErrorEntry, HoldfastError, messageOf } from '../../../src/base/errors.ts'
import { collected } from '../../support/collected.ts'

const CODES = Object.keys(ERRORS) as ErrorCode[]

test('every entry says what was seen, what was wanted and what to do', () => {
  for (const code of CODES) {
    const entry: ErrorEntry = ERRORS[code]
    assert.match(code, /^HF_[A-Z]+(_[A-Z]+)*$/)
    for (const part of [entry.seen, entry.wanted, entry.todo]) {
      assert.ok(part.length > 0, code)
      assert.doesNotMatch(part, /\.$|\s$|^\s/, `${code}: parts are joined into one line`)
    }
  }
})

test('every placeholder is filled in, and the message has its form and its code', () => {
  for (const code of CODES) {
    const entry: ErrorEntry = ERRORS[code]
    const names = [...`${entry.seen}${entry.wanted}${entry.todo}`.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!)
    const error = new HoldfastError(code, Object.fromEntries(names.map((name) => [name, `<${name}>`])))
    assert.doesNotMatch(error.message, /[{}]/, code)
    for (const name of names) assert.ok(error.message.includes(`<${name}>`), `${code} leaves out ${name}`)
    assert.match(error.message, /^.+; wanted .+; .+ \(HF_[A-Z_]+\)$/s)
    assert.ok(error.message.endsWith(`(${code})`))
    assert.equal(error.code, code)
    assert.equal(error.name, 'HoldfastError')
    assert.ok(error instanceof Error)
  }
})

test('a detail with a placeholder or a replacement pattern in it is taken as it is', () => {
  const error = new HoldfastError('HF_PORT_IN_USE', { port: '{port} $& $1' })
  assert.ok(error.message.startsWith('port {port} $& $1 is in use'))
})

test('a detail that is missing stays visible instead of becoming "undefined"', () => {
  assert.match(new HoldfastError('HF_PORT_IN_USE', {}).message, /\{port\}/)
})

test('messageOf: a line for whatever was thrown', () => {
  assert.equal(messageOf(new Error('no')), 'no')
  assert.equal(messageOf('text'), 'text')
  assert.equal(messageOf(undefined), 'undefined')
  assert.equal(messageOf(null), 'null')
  assert.equal(messageOf(Symbol('s')), 'Symbol(s)')
})

test('messageOf never throws itself', () => {
  const hostile: unknown[] = [
    Object.create(null),
    { toString: () => Promise.reject(new Error('x')).catch(() => {}) },
    {
      toString() {
        throw new Error('toString')
      },
    },
  ]
  for (const thrown of hostile) assert.equal(typeof messageOf(thrown), 'string')
})

class Receiver {
  fail(): HoldfastError {
    return new HoldfastError('HF_ENDED', { what: 'it', reason: 'so' })
  }

  failPlainly(): Error {
    return new Error('with an unread stack')
  }
}

test('an error keeps nothing of where it was made alive', async () => {
  const make = (): [HoldfastError, WeakRef<object>] => {
    const receiver = new Receiver()
    return [receiver.fail(), new WeakRef(receiver)]
  }
  const [error, reference] = make()
  assert.equal(await collected(reference), true, 'reading the stack lets the receivers of its frames go')
  assert.equal(error.code, 'HF_ENDED')
})
