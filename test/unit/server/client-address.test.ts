/** Whose address a request has behind proxies, and under which key it is counted. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createServer } from '../../../src/index.ts'
import { addressKey, clientAddress, isAddressRange, proxyList } from '../../../src/server/client-address.ts'

describe('the key of an address', () => {
  const keys: readonly (readonly [string, string | null])[] = [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:201', '192.0.2.1'],
    ['0:0:0:0:0:FFFF:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::9', '2001:db8:1:3::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['1::', '1:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', null],
    ['unknown', null],
  ]
  for (const [address, key] of keys) {
    it(`${address || '(empty)'}: ${key}`, () => assert.equal(addressKey(address), key))
  }
})

describe('the address of a client', () => {
  const proxies = proxyList(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32', '::ffff:198.51.100.1'])
  const cases: readonly (readonly [string, string | undefined, string, string])[] = [
    ['203.0.113.5', '1.2.3.4', '203.0.113.5', 'not trusted: what it says is ignored'],
    ['203.0.113.5', ',,garbage', '203.0.113.5', 'not trusted: garbage too'],
    ['10.1.1.1', undefined, '10.1.1.1', 'trusted, says nothing'],
    ['10.1.1.1', '', '10.1.1.1', 'trusted, says nothing in many words'],
    ['10.1.1.1', '1.2.3.4', '1.2.3.4', 'one client'],
    ['::ffff:10.1.1.1', '1.2.3.4', '1.2.3.4', 'the proxy as IPv6'],
    ['10.1.1.1', '::ffff:10.2.2.2', '::ffff:10.2.2.2', 'all trusted: the first'],
    ['10.1.1.1', '9.9.9.9, 1.2.3.4', '1.2.3.4', 'what the client itself wrote is not believed'],
    ['10.1.1.1', '9.9.9.9, 1.2.3.4, 192.0.2.7,10.2.2.2', '1.2.3.4', 'through three proxies'],
    ['10.1.1.1', '1.2.3.4, unknown, 10.2.2.2', '10.2.2.2', 'garbage ends the walk'],
    ['10.1.1.1', '1.2.3.4, ', '10.1.1.1', 'an empty entry too'],
    ['10.1.1.1', ',1.2.3.4', '1.2.3.4', 'what is before the client does not matter'],
    ['10.1.1.1', '1.2.3.4:4711', '1.2.3.4', 'with a port'],
    ['10.1.1.1', '[2001:dead::1]:4711', '2001:dead::1', 'IPv6 with a port'],
    ['10.1.1.1', '2001:dead::1', '2001:dead::1', 'IPv6'],
    ['2001:db8::5', '2001:dead::1, 2001:db8:9::1', '2001:dead::1', 'IPv6 proxies'],
    ['198.51.100.1', '1.2.3.4', '1.2.3.4', 'a proxy listed as IPv6, seen as IPv4'],
    ['', '1.2.3.4', '', 'a socket without address is not trusted'],
  ]
  for (const [peer, forwarded, client, name] of cases) {
    it(name, () => assert.equal(clientAddress(peer, forwarded, proxies), client))
  }

  it('a list without end is not walked to its end', () => {
    assert.equal(clientAddress('10.0.0.1', `1.2.3.4${',10.0.0.2'.repeat(1_000)}`, proxies), '10.0.0.2')
  })

  it('over a Unix socket it is believed when that is listed', () => {
    assert.equal(clientAddress('', '1.2.3.4', proxyList(['unix'])), '1.2.3.4')
    assert.equal(clientAddress('', '1.2.3.4, 10.1.1.1', proxyList(['unix', '10.0.0.0/8'])), '1.2.3.4')
    assert.equal(clientAddress('10.1.1.1', '1.2.3.4', proxyList(['unix'])), '10.1.1.1')
    assert.equal(clientAddress('', undefined, proxyList(['unix'])), '')
  })

  it('without proxies nothing is believed', () => {
    assert.equal(clientAddress('10.1.1.1', '1.2.3.4', proxyList([])), '10.1.1.1')
  })
})

describe('trustedProxies', () => {
  it('takes addresses and ranges', () => {
    for (const good of ['10.0.0.1', '10.0.0.0/8', '0.0.0.0/0', '::1', 'fd00::/8', '::/0', '::ffff:10.0.0.1', 'unix']) {
      assert.equal(isAddressRange(good), true, good)
      assert.notEqual(proxyList([good]), null)
    }
  })

  it('refuses everything else, and says what it wants', () => {
    const bad = [
      '',
      'localhost',
      'Unix',
      'unix:',
      '10.0.0',
      '10.0.0.0/33',
      '10.0.0.0/',
      '10.0.0.0/x',
      '::/129',
      'fe80::1%eth0',
      '/8',
    ]
    for (const entry of [...bad, '::ffff:10.0.0.0/104', '10.0.0.0/-1', '10.0.0.0/8/8']) {
      assert.equal(isAddressRange(entry), false, entry)
      assert.throws(() => createServer({ trustedProxies: ['10.0.0.1', entry] }), {
        code: 'HF_OPTION_INVALID',
        message: /trustedProxies is \["10\.0\.0\.1", .*; wanted a list of IP addresses and ranges/,
      })
    }
  })
})
