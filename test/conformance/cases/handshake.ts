/**
 * The opening handshake: the accept key, spelling of headers, lists, what must be refused, subprotocols
 * (RFC 6455 sections 4.1, 4.2 and 11.3). A table; owned by all-cases.ts; nothing to end.
 */
import type { HandshakeCase, Profile } from '../cases.ts'
import { encode, text } from '../frames.ts'
import { acceptOf, SAMPLE_KEY } from '../http-answer.ts'

type Headers = Readonly<Record<string, string>>
type Expect = HandshakeCase['expect']

const GOOD: Headers = {
  Host: '{host}:{port}',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Key': SAMPLE_KEY,
  'Sec-WebSocket-Version': '13',
}

const NOTHING_EXTRA = { 'sec-websocket-extensions': null, 'sec-websocket-protocol': null }
const OPEN: Expect = { status: 101, headers: NOTHING_EXTRA }
const REFUSED: Expect = { status: 'refused', headers: { 'sec-websocket-accept': null } }

interface Row {
  readonly about: string
  /** Merged into the good headers; null leaves one out. */
  readonly headers?: Readonly<Record<string, string | null>>
  /** Lines after the others, for headers that come twice. */
  readonly lines?: readonly string[]
  readonly requestLine?: string
  readonly rfc?: string
  readonly expect?: Expect
  readonly chunkBytes?: number
  readonly early?: Buffer
  readonly on?: Profile
}

function build(group: string, fallback: Expect, table: Readonly<Record<string, Row>>): HandshakeCase[] {
  return Object.entries(table).map(([name, row]) => ({
    type: 'handshake',
    id: `handshake.${group}.${name}`,
    about: row.about,
    rfc: row.rfc ?? '6455 4.2.1',
    on: row.on ?? 'plain',
    request: [
      row.requestLine ?? 'GET {path} HTTP/1.1',
      ...Object.entries({ ...GOOD, ...row.headers }).flatMap(([key, value]) =>
        value === null ? [] : [`${key}: ${value}`],
      ),
      ...(row.lines ?? []),
    ],
    chunkBytes: row.chunkBytes ?? null,
    early: row.early ?? null,
    expect: row.expect ?? fallback,
  }))
}

const KEYS = [
  'x3JJHMbDL1EzLkh9GBhXDw==',
  'AAAAAAAAAAAAAAAAAAAAAA==',
  '/////////////////////w==',
  '+/+/+/+/+/+/+/+/+/+/+w==',
]

const accepted = build('accepted', OPEN, {
  'rfc-example': {
    about: 'the example of section 1.3',
    rfc: '6455 1.3',
    expect: { status: 101, headers: { ...NOTHING_EXTRA, 'sec-websocket-accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=' } },
  },
  ...Object.fromEntries(
    KEYS.map((key, index) => [
      `key.${index}`,
      {
        about: `the key ${key}`,
        headers: { 'Sec-WebSocket-Key': key },
        expect: { status: 101, headers: { 'sec-websocket-accept': acceptOf(key) } } satisfies Expect,
      },
    ]),
  ),
  'upgrade-upper-case': { about: 'Upgrade: WEBSOCKET', headers: { Upgrade: 'WEBSOCKET' } },
  'upgrade-mixed-case': { about: 'Upgrade: WebSocket', headers: { Upgrade: 'WebSocket' } },
  'connection-lower-case': { about: 'Connection: upgrade', headers: { Connection: 'upgrade' } },
  'connection-upper-case': { about: 'Connection: UPGRADE', headers: { Connection: 'UPGRADE' } },
  'connection-list-last': { about: 'Connection: keep-alive, Upgrade', headers: { Connection: 'keep-alive, Upgrade' } },
  'connection-list-first': { about: 'Connection: Upgrade, keep-alive', headers: { Connection: 'Upgrade, keep-alive' } },
  'connection-list-tight': { about: 'Connection: foo,Upgrade,bar', headers: { Connection: 'foo,Upgrade,bar' } },
  'connection-list-wide': { about: 'blanks in the list', headers: { Connection: 'foo ,  Upgrade  ,bar' } },
  'connection-list-tabs': {
    about: 'tabs in the list, which the HTTP parser of Node does not take for an upgrade',
    headers: { Connection: 'foo ,\tUpgrade\t,bar' },
    expect: { status: [101, 400, 426], headers: {} },
  },
  'connection-two-headers': {
    about: 'two Connection headers',
    headers: { Connection: 'keep-alive' },
    lines: ['Connection: Upgrade'],
  },
  'names-lower-case': {
    about: 'header names in lower case',
    headers: {
      ...Object.fromEntries(Object.keys(GOOD).map((name) => [name, null])),
      ...Object.fromEntries(Object.entries(GOOD).map(([name, value]) => [name.toLowerCase(), value])),
    },
  },
  'names-upper-case': {
    about: 'header names in upper case',
    headers: {
      ...Object.fromEntries(Object.keys(GOOD).map((name) => [name, null])),
      ...Object.fromEntries(Object.entries(GOOD).map(([name, value]) => [name.toUpperCase(), value])),
    },
  },
  'blanks-around-values': {
    about: 'blanks around header values',
    headers: { Upgrade: '   websocket  ', Connection: '\tUpgrade  ', 'Sec-WebSocket-Version': '  13 ' },
  },
  query: { about: 'a query in the path', requestLine: 'GET {path}?a=1&b=%20 HTTP/1.1' },
  'absolute-uri': {
    about: 'an absolute URI as request target',
    requestLine: 'GET http://{host}:{port}{path} HTTP/1.1',
    rfc: '6455 4.2.1 item 1',
  },
  'other-headers': {
    about: 'cookies, authorization and headers nobody knows',
    lines: [
      'Cookie: a=b; c=d',
      'Authorization: Basic eDp5',
      'X-Mystery: 42',
      'User-Agent: wire',
      'Accept-Encoding: gzip',
    ],
  },
  'browser-like': {
    about: 'the headers of a browser without an Origin',
    lines: ['Pragma: no-cache', 'Cache-Control: no-cache', 'Accept-Language: en', 'Sec-Fetch-Mode: websocket'],
  },
  bytewise: { about: 'the request byte by byte', chunkBytes: 1 },
  'chunks-of-7': { about: 'the request in chunks of 7 bytes', chunkBytes: 7 },
  'early-frame': {
    about: 'a frame in the same chunk as the request is not lost',
    rfc: '6455 4.1',
    early: encode(text('after the handshake')),
  },
  'early-frame-bytewise': {
    about: 'a frame right behind the request, byte by byte',
    rfc: '6455 4.1',
    early: encode(text('after the handshake')),
    chunkBytes: 1,
  },
  'protocol-not-served': {
    about: 'subprotocols offered to a server that has none',
    rfc: '6455 4.2.2 item 5',
    headers: { 'Sec-WebSocket-Protocol': 'chat, superchat' },
  },
  'unknown-extension': {
    about: 'an extension nobody knows',
    headers: { 'Sec-WebSocket-Extensions': 'x-mystery; a=1' },
    rfc: '6455 9.1',
  },
})

const refused = build('refused', REFUSED, {
  post: { about: 'POST', requestLine: 'POST {path} HTTP/1.1' },
  put: { about: 'PUT', requestLine: 'PUT {path} HTTP/1.1' },
  head: { about: 'HEAD', requestLine: 'HEAD {path} HTTP/1.1' },
  'method-lower-case': { about: 'get in lower case', requestLine: 'get {path} HTTP/1.1' },
  'http-1.0': {
    about: 'HTTP/1.0',
    requestLine: 'GET {path} HTTP/1.0',
    expect: { status: [400, 426, 505], headers: {} },
  },
  'no-host': { about: 'no Host header', headers: { Host: null } },
  'no-key': { about: 'no key', headers: { 'Sec-WebSocket-Key': null } },
  'key-empty': { about: 'an empty key', headers: { 'Sec-WebSocket-Key': '' } },
  'key-15-bytes': { about: 'a key of 15 bytes', headers: { 'Sec-WebSocket-Key': Buffer.alloc(15).toString('base64') } },
  'key-17-bytes': { about: 'a key of 17 bytes', headers: { 'Sec-WebSocket-Key': Buffer.alloc(17).toString('base64') } },
  'key-18-bytes': { about: 'a key of 18 bytes', headers: { 'Sec-WebSocket-Key': Buffer.alloc(18).toString('base64') } },
  'key-not-base64': { about: 'a key that is not base64', headers: { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ!!' } },
  'key-without-padding': {
    about: 'a key without its padding',
    headers: { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ' },
  },
  'key-padding-inside': {
    about: 'padding in the middle',
    headers: { 'Sec-WebSocket-Key': 'dGhlIHNhbX==bGUgbm9uY2Ux' },
  },
  'key-url-alphabet': {
    about: 'the alphabet of base64url',
    headers: { 'Sec-WebSocket-Key': '-_-_-_-_-_-_-_-_-_-_-w==' },
  },
  'key-twice': { about: 'two keys', lines: [`Sec-WebSocket-Key: ${KEYS[0]}`] },
  'no-version': { about: 'no version', headers: { 'Sec-WebSocket-Version': null } },
  'upgrade-other': { about: 'Upgrade: h2c', headers: { Upgrade: 'h2c' } },
  'upgrade-prefix': { about: 'Upgrade: websockets', headers: { Upgrade: 'websockets' } },
  'connection-prefix': { about: 'Connection: Upgraded', headers: { Connection: 'Upgraded' } },
  'connection-none': { about: 'Connection: keep-alive', headers: { Connection: 'keep-alive' } },
  'no-upgrade': { about: 'no Upgrade header', headers: { Upgrade: null } },
  'unknown-path': { about: 'a path nobody serves', requestLine: 'GET {path}/nobody/serves/this HTTP/1.1' },
  'broken-request-line': { about: 'no HTTP version', requestLine: 'GET {path}' },
  'broken-header': { about: 'a header line without a colon', lines: ['this is no header'] },
  'header-folded': { about: 'a folded header', lines: ['X-Folded: a', ' b c', '\td'], rfc: '7230 3.2.4' },
  'header-name-with-blank': { about: 'a blank before the colon', lines: ['X-Blank : a'], rfc: '7230 3.2.4' },
  'content-length-twice': {
    about: 'two different lengths',
    lines: ['Content-Length: 0', 'Content-Length: 5'],
    rfc: '7230 3.3.3',
  },
})

const versions = build(
  'version',
  { status: [400, 426], headers: { 'sec-websocket-version': /(?:^|,)\s*13\s*(?:,|$)/, 'sec-websocket-accept': null } },
  Object.fromEntries(
    ['0', '7', '8', '12', '14', '25', '255', '013', '13.0', 'x', '-13', '13, 8'].map((version) => [
      version.replace(', ', '-and-'),
      {
        about: `version ${version}: the answer names 13`,
        headers: { 'Sec-WebSocket-Version': version },
        rfc: '6455 4.4',
      },
    ]),
  ),
)

function chosen(protocol: string | null): Expect {
  return { status: 101, headers: { 'sec-websocket-protocol': protocol } }
}

/** The server of this profile has the subprotocols `chat.v2` and `chat`. */
const protocols = build(
  'protocol',
  chosen('chat'),
  Object.fromEntries(
    Object.entries({
      only: { about: 'one offered, served', headers: { 'Sec-WebSocket-Protocol': 'chat' } },
      other: { about: 'the other one', headers: { 'Sec-WebSocket-Protocol': 'chat.v2' }, expect: chosen('chat.v2') },
      'unknown-first': { about: 'an unknown one first', headers: { 'Sec-WebSocket-Protocol': 'mqtt, chat' } },
      'unknown-last': { about: 'an unknown one last', headers: { 'Sec-WebSocket-Protocol': 'chat, mqtt' } },
      'list-tight': { about: 'a list without blanks', headers: { 'Sec-WebSocket-Protocol': 'mqtt,chat,stomp' } },
      'list-wide': { about: 'a list with blanks and tabs', headers: { 'Sec-WebSocket-Protocol': ' mqtt ,\t chat  ' } },
      'two-headers': {
        about: 'two headers',
        headers: { 'Sec-WebSocket-Protocol': 'mqtt' },
        lines: ['Sec-WebSocket-Protocol: chat'],
      },
      none: { about: 'none offered, none answered', expect: chosen(null) },
      'case-matters': {
        about: 'names are case-sensitive',
        headers: { 'Sec-WebSocket-Protocol': 'CHAT, chat' },
      },
    } satisfies Record<string, Row>).map(([name, row]) => [
      name,
      { on: 'protocols' as const, rfc: '6455 4.2.2 item 5', ...row },
    ]),
  ),
)

const badProtocols = build(
  'protocol-malformed',
  REFUSED,
  Object.fromEntries(
    (
      [
        ['blank-inside', 'chat room'],
        ['twice', 'chat, chat'],
        ['empty', ''],
        ['not-a-token', 'chat, a(b)'],
        ['slash', 'chat/2'],
      ] as const
    ).map(([name, value]) => [
      name,
      {
        about: `"${value}"`,
        headers: { 'Sec-WebSocket-Protocol': value },
        on: 'protocols' as const,
        rfc: '6455 4.1 item 10',
      },
    ]),
  ),
)

export const handshakeCases: readonly HandshakeCase[] = [
  ...accepted,
  ...refused,
  ...versions,
  ...protocols,
  ...badProtocols,
]
