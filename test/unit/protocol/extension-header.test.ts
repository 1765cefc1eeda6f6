import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ExtensionOffer, parseExtensions } from '../../../src/protocol/extension-header.ts'

const offer = (name: string, ...params: [string, string | null][]): ExtensionOffer => ({
  name,
  params: params.map(([param, value]) => ({ name: param, value })),
})

const GOOD: [string, ExtensionOffer[]][] = [
  ['foo', [offer('foo')]],
  ['foo, bar', [offer('foo'), offer('bar')]],
  ['foo,foo', [offer('foo'), offer('foo')]],
  ['foo; a=1', [offer('foo', ['a', '1'])]],
  ['foo;a', [offer('foo', ['a', null])]],
  ['foo ; a = 1 ;\tb , bar', [offer('foo', ['a', '1'], ['b', null]), offer('bar')]],
  ['foo; a="1"', [offer('foo', ['a', '1'])]],
  ['foo; a="\\1\\0"', [offer('foo', ['a', '10'])]],
  ['foo; a="x\\y" ; b', [offer('foo', ['a', 'xy'], ['b', null])]],
  ['foo; a=1; a=2', [offer('foo', ['a', '1'], ['a', '2'])]],
  [',, foo ,\t, bar,', [offer('foo'), offer('bar')]],
  ['__proto__; constructor=toString', [offer('__proto__', ['constructor', 'toString'])]],
  [
    'permessage-deflate; client_max_window_bits; server_max_window_bits=10, permessage-deflate',
    [
      offer('permessage-deflate', ['client_max_window_bits', null], ['server_max_window_bits', '10']),
      offer('permessage-deflate'),
    ],
  ],
]

const BAD = [
  '',
  ' ',
  ',',
  ', ,',
  ';',
  '=',
  'foo;',
  'foo;;a',
  'foo; ,bar',
  'foo; a=',
  'foo; a=,bar',
  'foo; =1',
  'foo=1',
  'foo bar',
  'foo; a b',
  'foo; a=1 2',
  'foo; a="',
  'foo; a="1',
  'foo; a="1\\',
  'foo; a="1\\"',
  'foo; a=""',
  'foo; a="1 2"',
  'foo; a="1,2"',
  'foo; a="1\\"2"',
  'foo; a="1"2',
  'foo; a="1" 2',
  "foo; a='1'x(",
  'foo; a=(1)',
  '"foo"',
  'foo/1',
  'fóo',
  'foo\r\nbar',
  'foo; a=1\0',
]

test('extension lists that are well formed', () => {
  for (const [header, offers] of GOOD) assert.deepEqual(parseExtensions(header), offers, header)
})

test('extension lists that are malformed', () => {
  for (const header of BAD) assert.equal(parseExtensions(header), null, JSON.stringify(header))
})

test('hostile headers of 1 MiB are read to their end', () => {
  const size = 1_048_576
  const offers = parseExtensions('a,'.repeat(size / 2))
  assert.equal(offers?.length, size / 2)
  const params = parseExtensions(`a${';b'.repeat(size / 2)}`)
  assert.equal(params?.[0]?.params.length, size / 2)
  const escaped = parseExtensions(`a;b="${'\\c'.repeat(size / 2)}"`)
  assert.equal(escaped?.[0]?.params[0]?.value?.length, size / 2)
  assert.equal(parseExtensions(`a;b="${'\\c'.repeat(size / 2)}`), null)
  assert.equal(parseExtensions(`a${' '.repeat(size)}b`), null)
  assert.equal(parseExtensions(`a;b=${' '.repeat(size)}`), null)
  assert.equal(parseExtensions(','.repeat(size)), null)
  assert.equal(parseExtensions('a;b="'.repeat(size / 5)), null)
})
