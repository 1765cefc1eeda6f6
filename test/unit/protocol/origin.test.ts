import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkOrigin, normaliseHost, normaliseOrigin } from '../../../src/protocol/origin.ts'

test('same host: what passes', () => {
  const good: [string, string][] = [
    ['http://a.example', 'a.example'],
    ['https://a.example', 'a.example'],
    ['https://A.Example', 'a.example'],
    ['https://a.example', 'A.EXAMPLE'],
    ['HTTPS://a.example', 'a.example'],
    ['http://a.example:80', 'a.example'],
    ['http://a.example', 'a.example:80'],
    ['https://a.example', 'a.example:443'],
    ['https://a.example:443', 'a.example'],
    ['https://a.example:0443', 'a.example:443'],
    ['http://a.example:8080', 'a.example:8080'],
    ['http://localhost:8080', 'localhost:8080'],
    ['http://[::1]:8080', '[::1]:8080'],
    ['http://[::1]', '[::1]:80'],
    ['https://[2001:DB8::1]', '[2001:db8::1]'],
    ['http://127.0.0.1', '127.0.0.1'],
  ]
  for (const [origin, host] of good) assert.equal(checkOrigin(origin, host, 'same-host', false), null, origin)
})

test('same host: what is refused, each with a reason', () => {
  const bad: [string, string | undefined][] = [
    ['null', 'a.example'],
    ['', 'a.example'],
    ['http://', 'a.example'],
    ['http://', ''],
    ['a.example', 'a.example'],
    ['//a.example', 'a.example'],
    ['http://b.example', 'a.example'],
    ['http://a.example.evil', 'a.example'],
    ['http://evil-a.example', 'a.example'],
    ['http://evila.example', 'a.example'],
    ['http://evil.a.example', 'a.example'],
    ['http://a.example:8080', 'a.example'],
    ['http://a.example', 'a.example:8080'],
    ['http://a.example', 'a.example:443'],
    ['https://a.example', 'a.example:80'],
    ['http://a.example/', 'a.example'],
    ['http://a.example/path', 'a.example'],
    ['http://user@a.example', 'a.example'],
    ['http://a.example#', 'a.example'],
    ['http://a.example?x', 'a.example'],
    ['http://a.example, http://a.example', 'a.example'],
    ['http://a.example a.example', 'a.example'],
    ['http://a.example:x', 'a.example'],
    ['http://a.example:99999', 'a.example:99999'],
    ['http://a.example:000000080', 'a.example'],
    ['http://x/y', 'x/y'],
    ['http://[::1', '[::1'],
    ['http://[::1]x', '[::1]x'],
    ['http://[zz::]', '[zz::]'],
    ['http://::1', '::1'],
    ['file://a.example', 'a.example'],
    ['chrome-extension://a.example', 'a.example'],
    ['http:\\\\a.example', 'a.example'],
    ['http://a%2eexample', 'a%2eexample'],
    ['http://a.exampl\u212a', 'a.examplk'],
    ['http://a.example', undefined],
    ['http://a.example', ''],
  ]
  for (const [origin, host] of bad) {
    const reason = checkOrigin(origin, host, 'same-host', false)
    assert.equal(typeof reason, 'string', `${origin} at ${host}`)
    assert.match(reason ?? '', /^[ -~]+$/, origin)
  }
})

test('a list is compared as whole origins, never by suffix or wildcard', () => {
  const list = [
    'https://app.example.com',
    'http://localhost:3000',
    'HTTPS://B.example:443',
    'chrome-extension://abcdef',
  ]
  for (const good of [
    'https://app.example.com',
    'https://APP.example.com:443',
    'http://localhost:3000',
    'https://b.example',
    'chrome-extension://abcdef',
  ]) {
    assert.equal(checkOrigin(good, 'elsewhere', list, false), null, good)
  }
  for (const bad of [
    'http://app.example.com',
    'https://app.example.com:8443',
    'https://app.example.com.evil.example',
    'https://evilapp.example.com',
    'https://x.app.example.com',
    'https://app.example.com/',
    'http://localhost',
    'null',
    '',
  ]) {
    assert.equal(typeof checkOrigin(bad, 'app.example.com', list, false), 'string', bad)
  }
  assert.equal(typeof checkOrigin('null', 'a', ['null'], false), 'string')
  assert.equal(
    typeof checkOrigin('https://x.example', 'a', ['*', 'https://*.example', '.example', ''], false),
    'string',
  )
  assert.equal(typeof checkOrigin('https://x.example', 'x.example', [], false), 'string')
})

test('no Origin header passes unless one is required; "any" lets everything else pass', () => {
  for (const allowed of ['same-host', 'any', []] as const) {
    assert.equal(checkOrigin(undefined, 'a', allowed, false), null)
    assert.match(checkOrigin(undefined, 'a', allowed, true) ?? '', /no Origin/)
  }
  for (const origin of ['null', 'http://elsewhere', 'rubbish'])
    assert.equal(checkOrigin(origin, 'a', 'any', true), null)
})

test('a reason never carries more than a line of what the peer sent', () => {
  for (const allowed of ['same-host', ['https://a.example']] as const) {
    for (const origin of [`http://${'x'.repeat(65_536)}`, '\r\nSet-Cookie: a'.repeat(5_000)]) {
      for (const host of ['a.example', 'y'.repeat(65_536), '\r\n'.repeat(65_536)]) {
        const reason = checkOrigin(origin, host, allowed, false) ?? ''
        assert.ok(reason.length > 0 && reason.length < 700, `${reason.length}`)
        assert.doesNotMatch(reason, /[\r\n]/)
      }
    }
  }
})

test('normalised origins and hosts', () => {
  assert.equal(normaliseOrigin('HTTPS://App.Example.COM:443'), 'https://app.example.com')
  assert.equal(normaliseOrigin('http://a:0'), 'http://a:0')
  assert.equal(normaliseOrigin('wss://a:443'), 'wss://a')
  assert.equal(normaliseOrigin('1http://a'), null)
  assert.equal(normaliseHost('a:'), 'a')
  assert.equal(normaliseHost('a:80', '80'), 'a')
  assert.equal(normaliseHost('a:80'), 'a:80')
  assert.equal(normaliseHost(''), null)
  assert.equal(normaliseHost(':80'), null)
})
