import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFieldValue, isToken, listNames, parseTokenList, quoteSeen } from '../../../src/protocol/http-tokens.ts'

test('a token is one or more tchars and nothing else, for every character', () => {
  const tchars = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
  for (let code = 0; code < 0x180; code += 1) {
    const char = String.fromCharCode(code)
    assert.equal(isToken(char), tchars.includes(char), `character ${code}`)
    assert.equal(isToken(`a${char}b`), tchars.includes(char), `character ${code} within`)
  }
  assert.equal(isToken(''), false)
})

test('a field value is printable ASCII and tabs', () => {
  for (const good of ['', 'a', 'a\tb', ' ~']) assert.equal(isFieldValue(good), true, good)
  for (const bad of ['a\r\nb', 'a\nb', '\0', '\x7f', 'é', '€']) assert.equal(isFieldValue(bad), false, bad)
})

test('a comma list names an element whatever its case, spaces and neighbours', () => {
  const named = [
    'upgrade',
    'Upgrade',
    'UPGRADE',
    ' upgrade\t',
    'keep-alive, Upgrade',
    'Upgrade,keep-alive',
    ',,upgrade,',
  ]
  for (const list of named) assert.equal(listNames(list, 'upgrade'), true, list)
  const notNamed = ['', ' ', ',', 'upgraded', 'xupgrade', 'up grade', 'upgrade/1', '"upgrade"', 'keep-alive, close']
  for (const list of notNamed) assert.equal(listNames(list, 'upgrade'), false, list)
})

test('token lists: what is tolerated and what is not', () => {
  const good: [string, string[]][] = [
    ['chat', ['chat']],
    ['chat, superchat', ['chat', 'superchat']],
    ['chat,superchat', ['chat', 'superchat']],
    ['\tchat \t,\t superchat ', ['chat', 'superchat']],
    [',chat,, ,superchat,', ['chat', 'superchat']],
    ['chat, chat', ['chat', 'chat']],
    ['__proto__,constructor', ['__proto__', 'constructor']],
  ]
  for (const [list, tokens] of good) assert.deepEqual(parseTokenList(list), tokens, list)
  for (const bad of ['', ' ', ',', ', ,', 'a b', 'a;b', 'a,"b"', 'a,b/c', 'é', 'a,b\n', 'a, b c']) {
    assert.equal(parseTokenList(bad), null, bad)
  }
})

test('what a peer sent is shown capped, quoted and printable', () => {
  assert.equal(quoteSeen(undefined), 'nothing')
  assert.equal(quoteSeen('a\r\nbé'), '"a??b?"')
  assert.equal(quoteSeen('x'.repeat(200)), `"${'x'.repeat(200)}"`)
  assert.equal(quoteSeen('x'.repeat(65_536)), `"${'x'.repeat(200)}"… (65536 characters)`)
})

test('hostile lists of 1 MiB are read to their end', () => {
  const size = 1_048_576
  for (const unit of [',', ' ', '\t', ', ', 'a,', 'a ', ' ,a']) {
    const list = unit.repeat(size / unit.length)
    assert.equal(listNames(list, 'upgrade'), false)
    assert.equal(listNames(`${list},upgrade`, 'upgrade'), true)
    parseTokenList(list)
  }
  assert.equal(parseTokenList('a,'.repeat(size / 2))?.length, size / 2)
  assert.equal(parseTokenList(`a${' '.repeat(size)}b`), null)
})
