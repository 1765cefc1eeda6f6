import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deserialize, serialize } from 'node:v8'
import { whyNotPlain } from '../../../src/connection/plain-data.ts'

const cycle: { self?: unknown } = {}
cycle.self = cycle

const PLAIN: Readonly<Record<string, unknown>> = {
  nothing: undefined,
  null: null,
  primitives: [1, 'two', true, 4n, Number.NaN, undefined, null],
  objects: { a: { b: { c: [1, { d: 2 }] } } },
  'Map and Set': new Map<unknown, unknown>([
    ['a', new Set([1, { x: 1 }])],
    [{ key: 1 }, 2],
  ]),
  Date: new Date(0),
  RegExp: /a/g,
  bytes: [
    Buffer.from('x'),
    new Uint8Array(3),
    new Float64Array(2),
    new DataView(new ArrayBuffer(4)),
    new ArrayBuffer(2),
  ],
  cycle,
  'a property named constructor': { constructor: 'x' },
  'a property named length': { length: 3 },
}

class Named {
  x = 1
}

class OwnMap extends Map {}

function hidden(): object {
  const object = { a: 1 }
  Object.defineProperty(object, 'b', { value: 2, enumerable: false })
  return object
}

function nested(depth: number): object {
  let inner: object = {}
  for (let at = 0; at < depth; at += 1) inner = { inner }
  return inner
}

const used = /a/g
used.test('aa')

const NOT_PLAIN: Readonly<Record<string, readonly [unknown, RegExp]>> = {
  function: [{ f() {} }, /^data\.f is a function$/],
  symbol: [[Symbol('s')], /^data\.0 is a symbol$/],
  'symbol as key': [{ [Symbol('s')]: 1 }, /symbol as key/],
  class: [{ deep: [new Named()] }, /^data\.deep\.0 is a Named$/],
  subclass: [new OwnMap(), /is a OwnMap/],
  'no prototype': [Object.create(null), /without prototype/],
  'prototype without constructor': [Object.create({ constructor: undefined }), /another prototype/],
  'one that lies about its constructor': [Object.create({ constructor: Uint8Array }), /is a Uint8Array/],
  Error: [new Error('x'), /is a Error/],
  Promise: [Promise.resolve(), /is a Promise/],
  WeakMap: [new WeakMap(), /is a WeakMap/],
  'boxed number': [Object(1), /is a Number/],
  accessor: [{ get a() { return 1 } }, /^data\.a is an accessor$/], // biome-ignore format: one line each
  hidden: [hidden(), /^data\.b is not enumerable$/],
  'property of a Map': [Object.assign(new Map(), { extra: 1 }), /property "extra"/],
  'property of a Date': [Object.assign(new Date(), { extra: 1 }), /property "extra"/],
  'key of a Map': [new Map([[() => {}, 1]]), /a key\) is a function/],
  'value of a Map': [new Map([['a', () => {}]]), /get\("a"\) is a function/],
  'entry of a Set': [new Set([() => {}]), /an entry\) is a function/],
  'RegExp in use': [used, /RegExp in use/],
  'too deep': [nested(200), /deeper than 100/],
  'too many': [Array.from({ length: 100_001 }, () => ({})), /more than 100000/],
}

for (const [name, value] of Object.entries(PLAIN)) {
  test(`plain: ${name}`, () => {
    assert.equal(whyNotPlain(value), null)
    assert.deepEqual(deserialize(serialize(value)), value, 'and it arrives as it was')
  })
}

for (const [name, [value, why]] of Object.entries(NOT_PLAIN)) {
  test(`not plain: ${name}`, () => assert.match(whyNotPlain(value) ?? 'plain', why))
}
