import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { test } from 'node:test'
import {
  acceptKey,
  checkHandshake,
  type HandshakeFault,
  type HandshakeOffer,
  refusalHead,
  responseHead,
} from '../../../src/protocol/handshake.ts'

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
const HEADERS: IncomingHttpHeaders = {
  host: 'server.example.com',
  upgrade: 'websocket',
  connection: 'Upgrade',
  'sec-websocket-key': KEY,
  'sec-websocket-version': '13',
}

function offered(result: HandshakeOffer | HandshakeFault): HandshakeOffer {
  if ('status' in result) assert.fail(`${result.status} ${result.reason}`)
  return result
}

test('the smallest handshake is accepted, and absent lists cost nothing', () => {
  const first = offered(checkHandshake('GET', '1.1', HEADERS))
  const second = offered(checkHandshake('GET', '1.1', HEADERS))
  assert.deepEqual(first, { key: KEY, protocols: [], extensions: [] })
  assert.equal(first.protocols, second.protocols)
  assert.equal(first.extensions, second.extensions)
  assert.ok(Object.isFrozen(first.protocols))
})

test('tolerated: letter case, spaces, empty list elements, other tokens, later HTTP versions', () => {
  const variants: IncomingHttpHeaders[] = [
    { upgrade: 'WebSocket' },
    { upgrade: 'h2c, websocket' },
    { upgrade: ' ,websocket,' },
    { connection: 'upgrade' },
    { connection: 'keep-alive, Upgrade' },
    { connection: 'keep-alive,UPGRADE , ' },
    { host: 'localhost:8080' },
    { host: '[::1]:8080' },
    { 'sec-websocket-key': '+/AZaz09+/AZaz09+/AZaz==' },
    // 22nd digit with bits that 16 bytes do not need: it still decodes to 16 bytes (RFC 4648 section 3.5: may).
    { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZf==' },
  ]
  for (const variant of variants) offered(checkHandshake('GET', '1.1', { ...HEADERS, ...variant }))
  for (const version of ['1.2', '2.0', '2']) offered(checkHandshake('GET', version, HEADERS))
})

test('protocols and extensions come back in order', () => {
  const offer = offered(
    checkHandshake('GET', '1.1', {
      ...HEADERS,
      'sec-websocket-protocol': 'chat.v2, chat.v1,,CHAT.v1',
      'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits, x-foo',
    }),
  )
  assert.deepEqual(offer.protocols, ['chat.v2', 'chat.v1', 'CHAT.v1'])
  assert.deepEqual(
    offer.extensions.map((extension) => extension.name),
    ['permessage-deflate', 'x-foo'],
  )
})

const WITHOUT = (name: string): IncomingHttpHeaders => {
  const { [name]: _, ...rest } = HEADERS
  return rest
}
const WITH = (name: string, value: string): IncomingHttpHeaders => ({ ...HEADERS, [name]: value })

const REFUSED: [string, number, RegExp, string, string, IncomingHttpHeaders][] = [
  ['POST', 405, /"POST"; wanted GET/, 'POST', '1.1', HEADERS],
  ['get in lower case', 405, /GET/, 'get', '1.1', HEADERS],
  ['HTTP/1.0', 400, /HTTP\/1\.0; wanted HTTP\/1\.1/, 'GET', '1.0', HEADERS],
  ['HTTP/0.9', 400, /HTTP\/0\.9/, 'GET', '0.9', HEADERS],
  ['no version', 400, /wanted HTTP\/1\.1/, 'GET', '', HEADERS],
  ['no headers at all', 426, /Upgrade is nothing/, 'GET', '1.1', {}],
  ['no Upgrade', 426, /Upgrade is nothing/, 'GET', '1.1', WITHOUT('upgrade')],
  ['other Upgrade', 426, /"h2c"; wanted websocket/, 'GET', '1.1', WITH('upgrade', 'h2c')],
  ['Upgrade with more', 426, /websocketx/, 'GET', '1.1', WITH('upgrade', 'websocketx')],
  ['no Connection', 400, /Connection is nothing/, 'GET', '1.1', WITHOUT('connection')],
  ['other Connection', 400, /"keep-alive"; wanted Upgrade/, 'GET', '1.1', WITH('connection', 'keep-alive')],
  ['no Host', 400, /Host is nothing/, 'GET', '1.1', WITHOUT('host')],
  ['empty Host', 400, /Host is ""/, 'GET', '1.1', WITH('host', '')],
  ['joined Hosts', 400, /Host is "a, b"/, 'GET', '1.1', WITH('host', 'a, b')],
  ['Host with a path', 400, /Host/, 'GET', '1.1', WITH('host', 'a/b')],
  ['Host with a user', 400, /Host/, 'GET', '1.1', WITH('host', 'u@a')],
  ['no version header', 426, /Sec-WebSocket-Version is nothing/, 'GET', '1.1', WITHOUT('sec-websocket-version')],
  ['version 8', 426, /is "8"; wanted 13/, 'GET', '1.1', WITH('sec-websocket-version', '8')],
  ['version 013', 426, /"013"/, 'GET', '1.1', WITH('sec-websocket-version', '013')],
  ['two versions', 426, /"13, 13"/, 'GET', '1.1', WITH('sec-websocket-version', '13, 13')],
  ['no key', 400, /Key is nothing/, 'GET', '1.1', WITHOUT('sec-websocket-key')],
  ['empty key', 400, /Key is ""/, 'GET', '1.1', WITH('sec-websocket-key', '')],
  ['two keys', 400, /Key/, 'GET', '1.1', WITH('sec-websocket-key', `${KEY}, ${KEY}`)],
  ['15 bytes', 400, /16 bytes/, 'GET', '1.1', WITH('sec-websocket-key', Buffer.alloc(15).toString('base64'))],
  ['17 bytes', 400, /16 bytes/, 'GET', '1.1', WITH('sec-websocket-key', Buffer.alloc(17).toString('base64'))],
  ['24 digits', 400, /16 bytes/, 'GET', '1.1', WITH('sec-websocket-key', 'A'.repeat(24))],
  ['one "="', 400, /16 bytes/, 'GET', '1.1', WITH('sec-websocket-key', `${'A'.repeat(23)}=`)],
  ['"=" within', 400, /16 bytes/, 'GET', '1.1', WITH('sec-websocket-key', `${'A'.repeat(21)}===`)],
  ['base64url', 400, /16 bytes/, 'GET', '1.1', WITH('sec-websocket-key', `${'A'.repeat(20)}-_==`)],
  ['empty protocol list', 400, /Protocol is ""/, 'GET', '1.1', WITH('sec-websocket-protocol', '')],
  ['protocol twice', 400, /each named once/, 'GET', '1.1', WITH('sec-websocket-protocol', 'a, b, a')],
  ['protocol no token', 400, /tokens/, 'GET', '1.1', WITH('sec-websocket-protocol', 'a b')],
  ['protocol quoted', 400, /tokens/, 'GET', '1.1', WITH('sec-websocket-protocol', '"a"')],
  ['empty extensions', 400, /Extensions is ""/, 'GET', '1.1', WITH('sec-websocket-extensions', '')],
  ['malformed extensions', 400, /Extensions/, 'GET', '1.1', WITH('sec-websocket-extensions', 'a; b="')],
]

test('what is refused, with status and a reason of one line', () => {
  for (const [name, status, reason, method, version, headers] of REFUSED) {
    const fault = checkHandshake(method, version, headers)
    if (!('status' in fault)) assert.fail(`${name} was accepted`)
    assert.equal(fault.status, status, name)
    assert.match(fault.reason, reason, name)
    assert.doesNotMatch(fault.reason, /[\r\n]/)
    if (status === 405) assert.deepEqual(fault.headers, { Allow: 'GET' }, name)
    if (status === 426) assert.equal(fault.headers?.Upgrade, 'websocket', name)
    if (reason.source.includes('13')) assert.equal(fault.headers?.['Sec-WebSocket-Version'], '13', name)
    refusalHead(fault.status, fault.reason, fault.headers)
  }
})

test('a second Host header is seen in the raw headers', () => {
  offered(checkHandshake('GET', '1.1', HEADERS, ['Host', 'a', 'X-Host', 'host', 'Upgrade', 'websocket']))
  const fault = checkHandshake('GET', '1.1', HEADERS, ['Host', 'a', 'Upgrade', 'websocket', 'hOST', 'b'])
  assert.ok('status' in fault && fault.status === 400 && /2 Host headers/.test(fault.reason))
})

test('hostile headers of 64 KiB get a short answer', () => {
  const size = 65_536
  for (const name of Object.keys(HEADERS).concat('sec-websocket-protocol', 'sec-websocket-extensions')) {
    for (const unit of [',', ' ', 'a', 'a ', '"', '\\', 'a;b="', '=', 'é', '\0']) {
      const result = checkHandshake('GET', '1.1', WITH(name, unit.repeat(size / unit.length)))
      if ('status' in result) assert.ok(result.reason.length < 400, name)
    }
  }
})

test('the accept key is that of RFC 6455 section 1.3, and of any other key', () => {
  assert.equal(acceptKey(KEY), 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
  for (let round = 0; round < 20; round += 1) {
    const key = randomBytes(16).toString('base64')
    const wanted = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
    assert.equal(acceptKey(key), wanted)
  }
})

test('the 101 response, byte for byte', () => {
  const plain =
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n'
  assert.equal(responseHead('x', null, null, []), `${plain}\r\n`)
  assert.equal(
    responseHead('x', 'chat', 'permessage-deflate', [
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
    ]),
    `${plain}Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: permessage-deflate\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n`,
  )
})

test('a refusal is a whole response whose length counts bytes', () => {
  assert.equal(
    refusalHead(403, 'größer', { 'Retry-After': '5' }),
    'HTTP/1.1 403 Forbidden\r\nConnection: close\r\nRetry-After: 5\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 9\r\n\r\ngrößer\n',
  )
  assert.match(
    refusalHead(426, 'no', { Upgrade: 'websocket' }),
    /\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\n/,
  )
  assert.match(refusalHead(499, 'no'), /^HTTP\/1\.1 499 Refused\r\n/)
})

test('no header can break out of the response', () => {
  const bad: [string, string][] = [
    ['X', 'a\r\nSet-Cookie: b'],
    ['X', 'a\nb'],
    ['X', 'é'],
    ['X\r\nY', 'a'],
    ['X Y', 'a'],
    ['', 'a'],
    ['Sec-WebSocket-Accept', 'a'],
    ['CONNECTION', 'keep-alive'],
    ['Content-Length', '1'],
  ]
  for (const [name, value] of bad) {
    assert.throws(() => responseHead('x', null, null, [[name, value]]), { code: 'HF_HEADER_INVALID' }, name)
    assert.throws(() => refusalHead(400, 'no', { [name]: value }), { code: 'HF_HEADER_INVALID' }, name)
  }
  assert.throws(() => responseHead('x', 'a\r\nb', null, []), { code: 'HF_HEADER_INVALID' })
})
