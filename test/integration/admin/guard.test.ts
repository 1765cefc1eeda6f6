/**
 * Who may ask the admin port: each rule with what it refuses and, as its control, the nearest request that it lets through.
 */
import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { describe, test } from 'node:test'
import { openAdmin } from '../../../src/ops/index.ts'
import { type Ask, ask, CHANGE, exchange, openFor, SAMPLE_ROUTES, statusOf } from '../../support/admin-client.ts'

const TOKEN = 'a-token-for-tests-0123456789'
const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`

describe('the Host of a request', { concurrency: true }, () => {
  test('must be a loopback name, with any port, or one of `hosts`; other names get 403', async (t) => {
    const { port } = await openFor(t, { hosts: ['Admin.example.com', 'other.example.com:81'] })
    const table: [string, number][] = [
      [`127.0.0.1:${port}`, 200],
      ['127.8.8.8', 200],
      ['localhost', 200],
      ['LOCALHOST:9999', 200],
      ['[::1]:6060', 200],
      ['admin.example.com', 200],
      ['ADMIN.EXAMPLE.COM:6060', 200],
      ['other.example.com:81', 200],
      ['other.example.com', 403],
      ['other.example.com:82', 403],
      ['evil.example', 403],
      [`evil.example:${port}`, 403],
      ['127.0.0.1.evil.example', 403],
      ['localhost.evil.example', 403],
      ['127.1', 403],
      ['10.0.0.1', 403],
      ['[::2]', 403],
      ['localhost@evil.example', 403],
      ['localhost:x', 403],
    ]
    for (const [host, status] of table) {
      const told = await ask(port, '/status', { headers: { Host: host } })
      assert.equal(told.status, status, host)
      if (status === 403) assert.match(told.body, /^this Host is not known here: .*\n$/)
    }
  })

  test('is not asked of the probes: a kubelet uses the address of the pod', async (t) => {
    const { port } = await openFor(t)
    assert.equal(await statusOf(port, '/readyz', { headers: { Host: 'evil.example' } }), 200)
    assert.match(await exchange(port, 'GET /readyz HTTP/1.0\r\n\r\n'), /^HTTP\/1.1 200 /)
    assert.match(await exchange(port, 'GET /status HTTP/1.0\r\n\r\n'), /^HTTP\/1.1 403 /)
    assert.match(await exchange(port, 'GET /status HTTP/1.0\r\nHost: localhost\r\n\r\n'), /^HTTP\/1.1 200 /)
  })

  test('two of them, or another in the request line, are refused', async (t) => {
    const { port } = await openFor(t)
    const two = 'GET /status HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n'
    assert.match(await exchange(port, two), /^HTTP\/1.1 40[03] /)
    const line = 'GET http://evil.example/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
    assert.match(await exchange(port, line), /^HTTP\/1.1 400 /)
    const none = 'GET /status HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n'
    assert.match(await exchange(port, none), /^HTTP\/1.1 403 /)
    const control = 'GET /status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
    assert.match(await exchange(port, control), /^HTTP\/1.1 200 /)
  })
})

describe('a change', { concurrency: true }, () => {
  test('needs POST, the header, and no page of elsewhere', async (t) => {
    const { port } = await openFor(t)
    const own = `http://127.0.0.1:${port}`
    const table: [string, Ask, number][] = [
      ['as it should be', { headers: CHANGE }, 200],
      ['from a page of ours', { headers: { ...CHANGE, Origin: own, 'Sec-Fetch-Site': 'same-origin' } }, 200],
      ['typed by a person', { headers: { ...CHANGE, 'Sec-Fetch-Site': 'none' } }, 200],
      ['without the header', {}, 403],
      ['with another value', { headers: { 'X-Holdfast': 'yes' } }, 403],
      ['from another site', { headers: { ...CHANGE, Origin: 'https://evil.example' } }, 403],
      ['from another port', { headers: { ...CHANGE, Origin: 'http://127.0.0.1:3000' } }, 403],
      ['from nowhere', { headers: { ...CHANGE, Origin: 'null' } }, 403],
      ['from another site, as the browser says', { headers: { ...CHANGE, 'Sec-Fetch-Site': 'cross-site' } }, 403],
      ['from another host of the site', { headers: { ...CHANGE, 'Sec-Fetch-Site': 'same-site' } }, 403],
      ['with a foreign Host', { headers: { ...CHANGE, Host: 'evil.example' } }, 403],
      [
        'by a form',
        { headers: { 'Content-Type': 'application/x-www-form-urlencoded', Origin: 'https://evil.example' } },
        403,
      ],
    ]
    for (const [name, details, status] of table) {
      assert.equal(await statusOf(port, '/change', { method: 'POST', body: 'x', ...details }), status, name)
    }
    const got = await ask(port, '/change', { headers: CHANGE })
    assert.deepEqual([got.status, got.headers.allow], [405, 'POST'])
    const preflight = await ask(port, '/change', { method: 'OPTIONS', headers: { Origin: 'https://evil.example' } })
    assert.deepEqual([preflight.status, preflight.headers['access-control-allow-origin']], [405, undefined])
  })
})

describe('the token', { concurrency: true }, () => {
  test('is asked for wherever there is one, but not by the probes', async (t) => {
    const { port } = await openFor(t, { token: TOKEN })
    const table: [string, Record<string, string>, number][] = [
      ['bearer', { Authorization: `Bearer ${TOKEN}` }, 200],
      ['bearer in small letters', { Authorization: `bearer ${TOKEN}` }, 200],
      ['the password of Basic', { Authorization: basic(`pprof:${TOKEN}`) }, 200],
      ['the password of nobody', { Authorization: basic(`:${TOKEN}`) }, 200],
      ['none', {}, 401],
      ['another', { Authorization: `Bearer ${TOKEN}x` }, 401],
      ['half of it', { Authorization: `Bearer ${TOKEN.slice(0, 9)}` }, 401],
      ['an empty one', { Authorization: 'Bearer ' }, 401],
      ['as the name of Basic', { Authorization: basic(`${TOKEN}:x`) }, 401],
      ['by another scheme', { Authorization: `Token ${TOKEN}` }, 401],
      ['as a cookie', { Cookie: `token=${TOKEN}` }, 401],
    ]
    for (const [name, headers, status] of table) {
      const told = await ask(port, '/status', { headers })
      assert.equal(told.status, status, name)
      if (status === 401) assert.match(String(told.headers['www-authenticate']), /^Bearer .*Basic /)
    }
    for (const query of [`?token=${TOKEN}`, `?access_token=${TOKEN}`]) {
      assert.equal(await statusOf(port, `/status${query}`), 401, 'never in a URL')
    }
    assert.equal(await statusOf(port, '/readyz'), 200)
    assert.equal(await statusOf(port, '/nowhere'), 401, 'who has no token learns nothing of the paths')
    const change = { method: 'POST', headers: { ...CHANGE } }
    assert.equal(await statusOf(port, '/change', change), 401)
    const both = { method: 'POST', headers: { ...CHANGE, Authorization: `Bearer ${TOKEN}` } }
    assert.equal(await statusOf(port, '/change', both), 200)
  })

  test('is needed to listen elsewhere than on loopback, and then by whoever comes from there', async (t) => {
    for (const host of ['0.0.0.0', '::', '10.0.0.1', 'admin.example.com']) {
      await assert.rejects(openAdmin({ host, port: 0, routes: [] }), { code: 'HF_ADMIN_TOKEN' }, host)
    }
    for (const host of ['127.0.0.1', 'localhost', '127.0.0.2']) await openFor(t, { host })
    const { port, host } = await openFor(t, { host: '0.0.0.0', token: TOKEN })
    assert.equal(host, '0.0.0.0')
    const elsewhere = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .find(({ family, internal }) => family === 'IPv4' && !internal)?.address
    // A machine without a network has at least another address of its own.
    const address = elsewhere ?? '127.0.0.3'
    const authorized = { Authorization: `Bearer ${TOKEN}` }
    assert.equal(await statusOf(port, '/readyz', { host: address }), 200)
    assert.equal(await statusOf(port, '/status', { host: address }), 401)
    assert.equal(await statusOf(port, '/status', { host: address, headers: authorized }), 200)
    const foreign = { host: address, headers: { ...authorized, Host: 'evil.example' } }
    assert.equal(await statusOf(port, '/status', foreign), 403)
    const other = { host: address, headers: { ...authorized, Host: '10.255.255.254' } }
    assert.equal(await statusOf(port, '/status', other), 403, 'an address, but not the one it came in by')
  })

  test('that is too short or not ASCII is refused, and not shown', async () => {
    for (const token of ['short', 'with a space in it, and long', 'a-token-with-a-line-feed\n', 7]) {
      await assert.rejects(openAdmin({ port: 0, routes: SAMPLE_ROUTES, token: token as string }), (error: Error) => {
        assert.match(error.message, /token is "\(not shown\)".*HF_OPTION_INVALID/)
        return !error.message.includes(String(token))
      })
    }
  })
})
