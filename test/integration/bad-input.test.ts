/**
 * Bad input, one line each: what is sent, and what must come back. After each line the server still serves, every socket
 * is back and the ledger balances.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import { createServer, type Server, type ServerOptionsInput } from '../../src/index.ts'
import { until } from '../support/deadline.ts'
import { connectRaw, openRaw, type RawClient, type RequestHeaders, upgradeText } from '../support/raw-client.ts'
import { errorsOf, makeServer, onlyConnection, serve, settled } from '../support/serving.ts'
import { clientFrame, type FrameShape } from '../support/wire.ts'

const OPTIONS: ServerOptionsInput = {
  handshakeTimeoutMs: 400,
  messageBytesMax: 64 * 1024,
  fragmentsMax: 100,
  deflate: true,
}
const DEFLATE = { 'Sec-WebSocket-Extensions': 'permessage-deflate' }

async function start(t: TestContext): Promise<Server> {
  const server = await serve(t, OPTIONS)
  server.route('/', { protocols: ['chat'], message: (connection, message) => void connection.send(message) })
  server.route('/throws', {
    message() {
      throw new Error('mine')
    },
  })
  server.route('/waits', { upgrade: () => new Promise<undefined>(() => {}) })
  return server
}

/** The server serves, and nothing of what came before is left. */
async function stillWell(t: TestContext, server: Server): Promise<void> {
  const client = await openRaw(t, server.port)
  client.text('well?')
  assert.deepEqual(await client.nextTexts(1), ['well?'])
  client.closeFrame(1000)
  await client.closeCode()
  client.socket.end()
  await client.gone()
  await settled(server)
}

/** Requests: name, path, headers, answer, part of its body, and the first line if it is not that of a handshake. */
const REQUESTS: readonly (readonly [string, string, RequestHeaders, number, RegExp, string?])[] = [
  ['wrong method', '/', {}, 405, /POST.*wanted GET/, 'POST / HTTP/1.1'],
  ['HTTP/1.0', '/', {}, 400, /HTTP\/1\.0.*wanted HTTP\/1\.1/, 'GET / HTTP/1.0'],
  ['version 8', '/', { 'Sec-WebSocket-Version': '8' }, 426, /"8".*wanted 13/],
  ['no version', '/', { 'Sec-WebSocket-Version': undefined }, 426, /wanted 13/],
  ['short key', '/', { 'Sec-WebSocket-Key': 'c2hvcnQ=' }, 400, /Sec-WebSocket-Key.*16 bytes/],
  ['key that is no base64', '/', { 'Sec-WebSocket-Key': '!!!!!!!!!!!!!!!!!!!!!!==' }, 400, /Sec-WebSocket-Key/],
  ['no key', '/', { 'Sec-WebSocket-Key': undefined }, 400, /Sec-WebSocket-Key/],
  ['no Connection', '/', { Connection: undefined }, 426, /upgrade/],
  ['no Upgrade', '/', { Upgrade: undefined }, 426, /upgrade/],
  ['Upgrade to something else', '/', { Upgrade: 'h2c' }, 426, /h2c.*wanted websocket/],
  ['no Host', '/', { Host: undefined }, 400, /^/],
  ['bad Host', '/', { Host: 'a b' }, 400, /Host/],
  ['bad origin', '/', { Origin: 'http://evil.example.com' }, 403, /origin/i],
  ['unknown path', '/nowhere', {}, 404, /no such path/],
  ['path that does not decode', '/%E0%A4%A', {}, 404, /no such path/],
  ['protocol we do not speak', '/', { 'Sec-WebSocket-Protocol': 'soap' }, 400, /wanted one of: chat/],
  ['protocol that is no token', '/', { 'Sec-WebSocket-Protocol': 'a b' }, 400, /tokens/],
  ['extension header that does not parse', '/', { 'Sec-WebSocket-Extensions': '=;' }, 400, /Sec-WebSocket-Extensions/],
  ['a header of 8 KiB', '/', { 'X-Long': 'x'.repeat(8 * 1024) }, 101, /^/],
  ['a header of 64 KiB', '/', { 'X-Long': 'x'.repeat(64 * 1024) }, 431, /^/],
  ['no HTTP at all', '/', {}, 400, /^/, '\u0016\u0003\u0001 hello'],
]

for (const [name, path, headers, status, body, firstLine] of REQUESTS) {
  test(`request: ${name} → ${status}`, async (t) => {
    const server = await start(t)
    const client = await connectRaw(t, server.port)
    client.write(upgradeText(path, headers, firstLine))
    const answer = await client.answer()
    assert.equal(answer.status, status, answer.body)
    assert.match(answer.body, body)
    if (status === 101) client.socket.end()
    await client.gone()
    await stillWell(t, server)
  })
}

/** `count` frames in one write. */
const many = (count: number, shape: FrameShape): Buffer =>
  Buffer.concat(Array.from({ length: count }, () => clientFrame(shape)))

/** Frames on an open connection: name, bytes, close code, part of its reason, path, headers. */
const FRAMES: readonly (readonly [string, () => Buffer, number, RegExp, string?, RequestHeaders?])[] = [
  ['not masked', () => clientFrame({ opcode: 1, payload: 'x', mask: null }), 1002, /mask/],
  ['reserved opcode', () => clientFrame({ opcode: 3, payload: 'x' }), 1002, /^/],
  ['reserved bit', () => clientFrame({ opcode: 1, payload: 'x', rsv: 2 }), 1002, /^/],
  ['text that is not UTF-8', () => clientFrame({ opcode: 1, payload: Buffer.from([0xc3, 0x28]) }), 1007, /UTF-8/],
  [
    'close reason that is not UTF-8',
    () => clientFrame({ opcode: 8, payload: Buffer.from([3, 0xe8, 0xc3]) }),
    1007,
    /^/,
  ],
  ['close code 1005', () => clientFrame({ opcode: 8, payload: Buffer.from([3, 0xed]) }), 1002, /^/],
  [
    'too big, its payload not sent',
    () => clientFrame({ opcode: 2, announced: 64 * 1024 + 1 }),
    1009,
    /messageBytesMax|big|long/,
  ],
  ['far too big', () => clientFrame({ opcode: 2, announced: 2n ** 62n }), 1009, /^/],
  ['length with its top bit set', () => clientFrame({ opcode: 2, announced: 2n ** 63n }), 1002, /^/],
  [
    'too many fragments',
    () => Buffer.concat([clientFrame({ opcode: 1, fin: false }), many(100, { opcode: 0, fin: false })]),
    1008,
    /fragment/,
  ],
  ['ping flood', () => many(500, { opcode: 9, payload: 'p' }), 1008, /control|ping/i],
  ['pong flood', () => many(500, { opcode: 10, payload: 'p' }), 1008, /control|ping/i],
  ['compressed without agreement', () => clientFrame({ opcode: 1, payload: 'x', rsv: 4 }), 1002, /^/],
  ['deflate bomb', () => clientFrame({ opcode: 2, payload: bomb(), rsv: 4 }), 1009, /^/, '/', DEFLATE],
  [
    'compressed payload that is none',
    () => clientFrame({ opcode: 2, payload: Buffer.alloc(50, 0xff), rsv: 4 }),
    1007,
    /^/,
    '/',
    DEFLATE,
  ],
  [
    'a message the handler throws at',
    () => clientFrame({ opcode: 1, payload: 'x' }),
    1011,
    /internal error/,
    '/throws',
  ],
]

function bomb(): Buffer {
  const payload = deflateRawSync(Buffer.alloc(10 * 1024 * 1024), { level: 9, finishFlush: 2 })
  assert.ok(payload.length < 12 * 1024, `the bomb is ${payload.length} bytes`)
  return payload.subarray(0, payload.length - 4)
}

for (const [name, bytes, code, reason, path, headers] of FRAMES) {
  test(`frames: ${name} → ${code}`, async (t) => {
    const server = await start(t)
    const errors = errorsOf(server)
    const client = await openRaw(t, server.port, path ?? '/', headers)
    client.write(bytes())
    const end = await client.closeCode()
    assert.equal(end.code, code, end.reason)
    assert.match(end.reason, reason)
    client.closeFrame(code)
    client.socket.end()
    await client.gone()
    assert.deepEqual(
      errors.map((error) => error.code),
      code === 1011 ? ['HF_HANDLER_FAILED'] : [],
    )
    await stillWell(t, server)
  })
}

/** Peers that dawdle: name, what they do. Each is ended by a deadline. */
const DAWDLERS: readonly (readonly [string, (client: RawClient) => (() => void) | undefined])[] = [
  ['connects and says nothing', () => undefined],
  [
    'sends its request one byte at a time',
    (client) => {
      const text = upgradeText('/')
      let at = 0
      const timer = setInterval(() => client.write(text[at++] ?? ''), 20)
      return () => clearInterval(timer)
    },
  ],
  [
    'stops in the middle of its request',
    (client) => {
      client.write(upgradeText('/').slice(0, 60))
      return undefined
    },
  ],
  [
    'goes silent while upgrade() waits',
    (client) => {
      client.write(upgradeText('/waits'))
      return undefined
    },
  ],
]

for (const [name, act] of DAWDLERS) {
  test(`a peer that ${name} is ended by handshakeTimeoutMs`, async (t) => {
    const server = await start(t)
    const client = await connectRaw(t, server.port)
    const stop = act(client)
    await client.gone()
    stop?.()
    await stillWell(t, server)
  })
}

test('a half-open peer, a reset, and a FIN instead of a close frame leave nothing', async (t) => {
  const server = await start(t)
  const halfOpen = await connectRaw(t, server.port, true)
  halfOpen.write(upgradeText('/'))
  await halfOpen.answer()
  halfOpen.socket.end()
  await until('our FIN comes back', () => halfOpen.ended)
  const reset = await openRaw(t, server.port)
  reset.frame({ opcode: 1, payload: 'unfinished', fin: false })
  reset.socket.resetAndDestroy()
  const refused = await connectRaw(t, server.port, true)
  refused.write(upgradeText('/nowhere'))
  await until('it is refused and ended', () => refused.ended)
  refused.write('still here')
  await halfOpen.gone()
  // The refused peer never ends its side: the server gives the descriptor back all the same.
  await settled(server)
  await stillWell(t, server)
})

/** Options: what is given, and what the error must name. */
const WRONG_OPTIONS: readonly (readonly [Record<string, unknown>, RegExp])[] = [
  [
    { keepAliveIntervalMs: 1_000 },
    /unknown option "keepAliveIntervalMs" in createServer\(\).*did you mean "keepaliveIntervalMs"\?/,
  ],
  [{ idleTimeout: 1_000 }, /unknown option "idleTimeout".*did you mean "idleTimeoutMs"\?/],
  [{ messageBytesMax: 0 }, /messageBytesMax is 0; wanted a whole number from 1 to 1073741824/],
  [{ handlerQueueMax: 1.5 }, /handlerQueueMax is 1\.5; wanted a whole number from 1 to 100000/],
  [{ idleTimeoutMs: '60s' }, /idleTimeoutMs is "60s"; wanted a whole number from 100 to 86400000/],
  [{ slow: 'drop-old' }, /slow is "drop-old"; wanted 'end', 'drop-oldest', 'drop-newest', or { latestBy/],
  [{ origins: 'app.example.com' }, /origins is "app\.example\.com"; wanted 'same-host', 'any', or a list/],
  [{ origins: ['app.example.com'] }, /origins is .*; wanted 'same-host', 'any', or a list/],
  [{ deflate: { level: 10 } }, /level is 10; wanted a whole number from 0 to 9/],
  [{ deflate: { Level: 1 } }, /unknown option "Level" in createServer\(\): deflate.*did you mean "level"\?/],
  [{ deflate: 'yes' }, /deflate is "yes"; wanted true, false, or an object/],
]

test('options that are misspelt or out of range are named, with the range', () => {
  for (const [options, message] of WRONG_OPTIONS) {
    assert.throws(() => createServer(options as ServerOptionsInput), { message }, JSON.stringify(options))
  }
})

/** Routes: path, declaration, and what the error must name. */
const WRONG_ROUTES: readonly (readonly [unknown, Record<string, unknown>, RegExp])[] = [
  ['chat', {}, /route "chat": does not start with "\/"/],
  [undefined, {}, /HF_ROUTE_INVALID/],
  ['/twice', {}, /route "\/twice".*HF_ROUTE_INVALID/],
  ['/a', { onMessage: () => {} }, /unknown option "onMessage" in route "\/a".*did you mean "message"\?/],
  ['/b', { message: 'no function' }, /message is "no function"; wanted a function/],
  ['/c', { idleTimeoutMs: 1 }, /route "\/c": idleTimeoutMs is 1; wanted a whole number from 100/],
  ['/d', { drainTimeoutMs: 1_000 }, /unknown option "drainTimeoutMs" in route "\/d"/],
  ['/e', { protocols: ['a b'] }, /protocols is .*; wanted a list of subprotocol names/],
]

test('routes that are wrong are named, with what was wanted', () => {
  for (const [path, declaration, message] of WRONG_ROUTES) {
    const server = createServer().route('/twice', {})
    assert.throws(() => server.route(path as string, declaration), { message }, String(path))
  }
})

/** Calls that look right to somebody who comes from another library: none may do something else in silence. */
test('arguments of another library are refused, with what was wanted', async (t) => {
  const server = await serve(t, { route: {} })
  const client = await openRaw(t, server.port)
  const connection = await onlyConnection(server)
  const wrong: readonly (readonly [string, () => unknown, RegExp])[] = [
    ['end(4001, "kicked")', () => connection.end(4001 as never), /end\(\): options is 4001; wanted an object/],
    ['end({ raeson })', () => connection.end({ raeson: 'x' } as never), /did you mean "reason"/],
    ['end({ code: "4001" })', () => connection.end({ code: '4001' as never }), /HF_CLOSE_CODE/],
    ['join(undefined)', () => connection.join(undefined as never), /join\(\): room is .*; wanted the name of a room/],
    ['on("opne")', () => server.on('opne' as never, () => {}), /did you mean "open"/],
    ['on("open") alone', () => server.on('open', undefined as never), /listener is .*; wanted a function/],
  ]
  for (const [name, call, message] of wrong) assert.throws(call, { message }, name)
  assert.equal(connection.state, 'open')
  for (const [listen, message] of [
    [8080, /listen\(\): options is 8080; wanted an object such as \{ port: 8080 \}/],
    [{ prot: 1 }, /did you mean "port"/],
    [{ port: 0, hostname: '127.0.0.1' }, /unknown option "hostname"/],
    [{ port: 70_000 }, /port is 70000; wanted a whole number from 0 to 65535/],
    [undefined, /wanted an object such as/],
  ] as const) {
    await assert.rejects(createServer().listen(listen as never), { message }, JSON.stringify(listen))
  }
  client.socket.end()
})

test('a middleware that returns nothing passes on what next() gave', async (t) => {
  const server = makeServer(t, {})
  server.use(async (_, next) => {
    await next()
  })
  server.route('/', { upgrade: () => ({ user: 'ada' }), open: ({ data }) => void seen.push(data.user) })
  const seen: string[] = []
  await server.listen({ port: 0, host: '127.0.0.1' })
  const client = await openRaw(t, server.port)
  assert.deepEqual(seen, ['ada'])
  client.socket.end()
})
