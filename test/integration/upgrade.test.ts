/** The upgrade: middleware, refusal, headers, subprotocols, origins, the request that dies at 101, peers that vanish. */
import assert from 'node:assert/strict'
import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { test } from 'node:test'
import WebSocket from 'ws'
import { HoldfastError, type Middleware, reject, type UpgradeRequest } from '../../src/index.ts'
import { deferred, turn, until, within } from '../support/deadline.ts'
import { type Answer, connectRaw, openRaw, upgradeText } from '../support/raw-client.ts'
import { errorsOf, makeServer, onlyConnection, serve, settled } from '../support/serving.ts'

type Headers = Record<string, string | undefined>

async function ask(
  t: Parameters<typeof connectRaw>[0],
  port: number,
  path = '/',
  headers: Headers = {},
): Promise<Answer> {
  const client = await connectRaw(t, port)
  client.write(upgradeText(path, headers))
  return client.answer()
}

test('middleware wraps in order, sees what upgrade returned, and its return value becomes data', async (t) => {
  const seen: string[] = []
  const server = await serve<{ user: string }>(t, {
    route: {
      upgrade: (request) => {
        seen.push(`upgrade ${request.path}`)
        return { user: 'ada' }
      },
      open: (connection) => void seen.push(`open ${JSON.stringify(connection.data)}`),
    },
  })
  server.use(async (_, next) => {
    seen.push('outer in')
    const data = await next()
    seen.push('outer out')
    return data
  })
  server.use(async (_, next) => {
    seen.push('inner in')
    const data = (await next()) as object
    seen.push('inner out')
    return { ...data, seen: true }
  })
  await openRaw(t, server.port)
  assert.deepEqual(seen, [
    'outer in',
    'inner in',
    'upgrade /',
    'inner out',
    'outer out',
    'open {"user":"ada","seen":true}',
  ])
})

const WRONG_MIDDLEWARE: readonly (readonly [string, Middleware, RegExp])[] = [
  ['never calls next', () => undefined, /without calling next/],
  ['never calls next, asynchronously', async () => 'data', /without calling next/],
  [
    'calls next twice',
    async (_, next) => {
      await next()
      return next()
    },
    /twice/,
  ],
  [
    'calls next twice and looks at neither',
    (_, next) => {
      void next()
      void next()
    },
    /twice/,
  ],
  [
    'calls next twice and catches it',
    async (_, next) => {
      const data = await next()
      await next().catch(() => {})
      return data
    },
    /twice/,
  ],
  [
    'throws',
    () => {
      throw new Error('broken')
    },
    /threw: broken/,
  ],
]

test('a middleware that does it wrong: 500, announced once, nobody is let in', async (t) => {
  for (const [name, middleware, message] of WRONG_MIDDLEWARE) {
    await t.test(name, async (t) => {
      let opened = 0
      const server = await serve(t, {
        route: { upgrade: () => turn() as Promise<undefined>, open: () => void opened++ },
      })
      const errors = errorsOf(server)
      server.use(middleware)
      assert.equal((await ask(t, server.port)).status, 500)
      await settled(server)
      assert.equal(opened, 0)
      assert.equal(errors.length, 1)
      assert.equal(errors[0]!.code, 'HF_UPGRADE_FAILED')
      assert.match(errors[0]!.message, message)
    })
  }
})

test('a refusal further in stands, also when a middleware does not wait for it or catches it', async (t) => {
  const middleware: Record<string, Middleware> = {
    'does not wait': (_, next) => void next(),
    'does not wait, asynchronously': async (_, next) => void next(),
    'catches it': async (_, next) => {
      try {
        return await next()
      } catch {
        return 'come in'
      }
    },
  }
  const upgrades = [
    () => {
      throw reject(401)
    },
    async () => {
      await turn()
      throw reject(401)
    },
  ]
  for (const [name, layer] of Object.entries(middleware)) {
    for (const upgrade of upgrades) {
      const server = await serve(t, { route: { upgrade } })
      errorsOf(server)
      server.use(layer)
      assert.equal((await ask(t, server.port)).status, 401, name)
      await settled(server)
      assert.equal(server.ledger().accepted, 0)
    }
  }
})

test('reject: status, reason and headers reach the client; thrown or returned, from upgrade or middleware', async (t) => {
  const refusal = (): never => reject(401, 'sign in first', { 'WWW-Authenticate': 'Bearer' }) as never
  const ways: Record<string, () => never> = {
    thrown: () => {
      throw refusal()
    },
    returned: () => refusal(),
    rejected: () => Promise.reject(refusal()) as never,
    resolved: () => Promise.resolve(refusal()) as never,
  }
  for (const [name, way] of Object.entries(ways)) {
    for (const where of ['upgrade', 'middleware']) {
      await t.test(`${name} in ${where}`, async (t) => {
        const server = await serve(t, { route: where === 'upgrade' ? { upgrade: way } : {} })
        const errors = errorsOf(server)
        const refused: unknown[] = []
        server.on('refused', ({ status, reason }) => refused.push([status, reason]))
        if (where === 'middleware') server.use(way)
        const answer = await ask(t, server.port)
        assert.deepEqual(
          [answer.status, answer.body, answer.headers['www-authenticate']],
          [401, 'sign in first\n', 'Bearer'],
        )
        await settled(server)
        assert.deepEqual(refused, [[401, 'sign in first']])
        assert.deepEqual(errors, [])
        assert.deepEqual(server.ledger().refusedByStatus, { 401: 1 })
      })
    }
  }
})

test('reject with a status or header that is not allowed fails where it is made: 500, announced, the process lives', async (t) => {
  for (const make of [
    () => reject(200),
    () => reject(99),
    () => reject(401.5),
    () => reject(401, '', { 'X-Bad': 'a\r\nSet-Cookie: stolen=1' }),
    () => reject(302, '', { Location: '/é\u2028' }),
    () => reject(401, '', { 'Content-Length': '5' }),
  ]) {
    const server = await serve(t, {
      route: {
        upgrade: () => {
          throw make()
        },
      },
    })
    const errors = errorsOf(server)
    const answer = await ask(t, server.port)
    assert.equal(answer.status, 500)
    assert.equal(answer.headers['set-cookie'], undefined)
    assert.match(errors[0]?.message ?? '', /HF_REJECT_STATUS|HF_HEADER_INVALID/)
    await settled(server)
  }
})

test('setResponseHeader adds to the 101, and refuses what could write the response', async (t) => {
  const thrown: string[] = []
  const server = await serve(t, {
    route: {
      upgrade(request) {
        request.setResponseHeader('Set-Cookie', 'a=1')
        request.setResponseHeader('Set-Cookie', 'b=2')
        for (const [name, value] of [
          ['X-Evil', 'a\r\nX-Injected: 1'],
          ['X Bad', 'a'],
          ['Sec-WebSocket-Accept', 'a'],
          ['Connection', 'close'],
        ] as const) {
          try {
            request.setResponseHeader(name, value)
          } catch (error) {
            thrown.push((error as HoldfastError).code)
          }
        }
        return undefined
      },
    },
  })
  const client = await openRaw(t, server.port)
  const head = client.received.toString()
  assert.match(head, /Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n/)
  assert.doesNotMatch(head, /Injected|X Bad/)
  assert.deepEqual(thrown, Array(4).fill('HF_HEADER_INVALID'))
})

/** All that users can reach, found by looking: a new property cannot be forgotten. */
function publicNames(of: object): string[] {
  return Object.getOwnPropertyNames(of).filter((name) => name !== 'constructor')
}

/** Not for users: they must not throw, since the library uses them after the answer. */
const INTERNAL = ['responseHeaders', 'abort', 'revoke']

test('after the answer every property of the request throws HF_REQUEST_OVER', async (t) => {
  for (const how of ['accepted', 'refused', 'failed']) {
    await t.test(how, async (t) => {
      let kept: UpgradeRequest | undefined
      let headers: UpgradeRequest['headers'] | undefined
      const server = await serve(t, {
        route: {
          upgrade(request) {
            kept = request
            headers = request.headers
            assert.equal(request.headers.get('HOST'), 'localhost')
            if (how === 'refused') throw reject(403)
            if (how === 'failed') throw new Error('mine')
            return undefined
          },
        },
      })
      errorsOf(server)
      await ask(t, server.port)
      assert.ok(kept !== undefined && headers !== undefined)
      const request = kept
      const prototype = Object.getPrototypeOf(request) as object
      assert.deepEqual(Object.keys(request), [], 'it holds nothing in the open')
      const names = publicNames(prototype).filter((name) => !INTERNAL.includes(name))
      assert.ok(names.length >= 11, names.join())
      for (const name of names) {
        const { get } = Object.getOwnPropertyDescriptor(prototype, name)!
        const use = get
          ? () => get.call(request)
          : () => (request as unknown as Record<string, (...args: string[]) => unknown>)[name]!('x', 'y')
        assert.throws(use, { code: 'HF_REQUEST_OVER', message: new RegExp(`request\\.${name} `) }, name)
      }
      const late = headers
      assert.throws(() => late.get('host'), { code: 'HF_REQUEST_OVER' })
      assert.throws(() => late.has('host'), { code: 'HF_REQUEST_OVER' })
      assert.throws(() => [...late], { code: 'HF_REQUEST_OVER' })
      assert.deepEqual(publicNames(Object.getPrototypeOf(late)).sort(), ['get', 'has', 'revoke'])
    })
  }
})

test('during the upgrade the request says what it should', async (t) => {
  const seen: Record<string, unknown> = {}
  const server = await serve(t, { origins: 'any' })
  server.route('/chat/:room', {
    protocols: ['b', 'a'],
    upgrade(request) {
      Object.assign(seen, {
        url: request.url,
        path: request.path,
        params: { ...request.params },
        query: [...request.query],
        origin: request.origin,
        host: request.host,
        protocols: request.protocols,
        remoteAddress: request.remoteAddress,
        has: [request.headers.has('X-One'), request.headers.has('x-two')],
        count: [...request.headers].length > 5,
        aborted: request.signal.aborted,
      })
      return undefined
    },
  })
  await openRaw(t, server.port, '/chat/caf%C3%A9?x=1&y=a%20b', {
    Origin: 'http://e.org',
    'X-One': '1',
    'Sec-WebSocket-Protocol': 'a, b',
  })
  assert.deepEqual(seen, {
    url: '/chat/caf%C3%A9?x=1&y=a%20b',
    path: '/chat/caf%C3%A9',
    params: { room: 'café' },
    query: [
      ['x', '1'],
      ['y', 'a b'],
    ],
    origin: 'http://e.org',
    host: 'localhost',
    protocols: ['a', 'b'],
    remoteAddress: '127.0.0.1',
    has: [true, false],
    count: true,
    aborted: false,
  })
  assert.equal((await onlyConnection(server)).protocol, 'b')
})

test('subprotocols: ours decide, none offered is let in, none in common is 400', async (t) => {
  const server = await serve(t)
  server.route('/some', { protocols: ['v2', 'v1'] })
  server.route('/none', {})
  const table = [
    ['/some', 'v1, v2', 101, 'v2'],
    ['/some', 'v1', 101, 'v1'],
    ['/some', undefined, 101, undefined],
    ['/some', 'v3', 400, undefined],
    ['/some', 'V1', 400, undefined],
    ['/none', 'v1', 101, undefined],
  ] as const
  for (const [path, offered, status, protocol] of table) {
    const answer = await ask(t, server.port, path, { 'Sec-WebSocket-Protocol': offered })
    assert.deepEqual(
      [answer.status, answer.headers['sec-websocket-protocol']],
      [status, protocol],
      `${path} ${offered}`,
    )
  }
})

test('origins: same host by default, a list, any; a route may differ; none passes unless required', async (t) => {
  const server = await serve(t)
  server.route('/', {})
  server.route('/list', { origins: ['https://app.example.com', 'http://localhost:3000'] })
  server.route('/any', { origins: 'any' })
  server.route('/required', { originRequired: true })
  const host = 'localhost:8080'
  const table: [string, string | undefined, number][] = [
    ['/', undefined, 101],
    ['/', 'http://localhost:8080', 101],
    ['/', 'https://LOCALHOST:8080', 101],
    ['/', 'http://localhost', 403],
    ['/', 'http://localhost:8081', 403],
    ['/', 'http://evil.example.com', 403],
    ['/', 'http://localhost:8080.evil.example.com', 403],
    ['/', 'null', 403],
    ['/', '', 403],
    ['/list', 'https://app.example.com', 101],
    ['/list', 'https://app.example.com:443', 101],
    ['/list', 'http://app.example.com', 403],
    ['/list', 'https://app.example.com.evil.org', 403],
    ['/list', 'http://localhost:8080', 403],
    ['/any', 'http://evil.example.com', 101],
    ['/required', undefined, 403],
    ['/required', 'http://localhost:8080', 101],
  ]
  for (const [path, origin, status] of table) {
    const answer = await ask(t, server.port, path, { Host: host, Origin: origin })
    assert.equal(answer.status, status, `${path} from ${origin}: ${answer.status} ${answer.body}`)
  }
})

test('the peer vanishes in every await of the upgrade: the signal aborts, nothing opens, nothing is announced', async (t) => {
  for (const how of ['fin', 'reset'] as const) {
    for (const where of ['outer middleware', 'inner middleware', 'upgrade', 'after next'] as const) {
      await t.test(`${how} in ${where}`, async (t) => {
        const waiting = deferred<UpgradeRequest>()
        const reasons: unknown[] = []
        let hooks = 0
        const wait = async (at: string, request: UpgradeRequest): Promise<void> => {
          if (at !== where) return
          await new Promise((_, fail) => {
            request.signal.addEventListener('abort', () => fail(request.signal.reason))
            waiting.resolve(request)
          }).catch((reason: unknown) => {
            reasons.push(reason)
            throw reason
          })
        }
        const server = await serve(t, {
          route: {
            upgrade: async (request) => {
              await wait('upgrade', request)
              return undefined
            },
            open: () => void hooks++,
            close: () => void hooks++,
          },
        })
        const errors = errorsOf(server)
        const failed: string[] = []
        server.on('failed', ({ reason }) => failed.push(reason))
        server.use(async (request, next) => {
          await wait('outer middleware', request)
          const data = await next()
          await wait('after next', request)
          return data
        })
        server.use(async (request, next) => {
          await wait('inner middleware', request)
          return next()
        })
        const client = await connectRaw(t, server.port)
        client.write(upgradeText('/'))
        const request = await within('the wait', waiting.promise)
        if (how === 'fin') client.socket.end()
        else client.socket.resetAndDestroy()
        await until('the signal has aborted', () => reasons.length === 1)
        await settled(server)
        assert.ok(reasons[0] instanceof HoldfastError && reasons[0].code === 'HF_ENDED')
        assert.throws(() => request.path, { code: 'HF_REQUEST_OVER' })
        assert.equal(failed.length, 1)
        assert.deepEqual([hooks, errors.length, server.ledger().failed, server.ledger().accepted], [0, 0, 1, 0])
      })
    }
  }
})

test('an upgrade that ignores its signal: the peer is gone, its answer changes nothing', async (t) => {
  for (const late of ['returns', 'throws', 'refuses']) {
    const gate = deferred<undefined>()
    const server = await serve(t, {
      route: {
        async upgrade() {
          await gate.promise
          if (late === 'throws') throw new Error('late')
          if (late === 'refuses') throw reject(401)
          return undefined
        },
      },
    })
    const errors = errorsOf(server)
    const client = await connectRaw(t, server.port)
    client.write(upgradeText('/'))
    await until('it runs', () => server.ledger().opening === 1)
    client.socket.resetAndDestroy()
    await until('the peer is gone', () => server.ledger().failed === 1)
    gate.resolve(undefined)
    await turn()
    await settled(server)
    assert.deepEqual(errors, [])
    assert.deepEqual([server.ledger().accepted, server.ledger().refused], [0, 0])
  }
})

test('a socket that is gone before we are asked: counted as failed, nothing stays', async (t) => {
  const server = makeServer(t, { route: {} })
  const front = createHttpServer()
  const behind = createHttpServer()
  server.attach(behind)
  const asked: [IncomingMessage, Socket, Buffer][] = []
  front.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => {})
    asked.push([request, socket, head])
  })
  front.listen(0, '127.0.0.1')
  t.after(() => front.close())
  await within('listening', new Promise((resolve) => front.once('listening', resolve)))
  for (const path of ['/', '/unknown']) {
    asked.length = 0
    const client = await connectRaw(t, (front.address() as AddressInfo).port)
    client.write(upgradeText(path))
    await until('it has come', () => asked.length === 1)
    const [request, socket, head] = asked[0]!
    socket.destroy()
    await until('its socket is closed', () => socket.closed)
    behind.emit('upgrade', request, socket, head)
    await turn()
    assert.equal(server.connections.size, 0)
    await settled(server)
  }
  assert.equal(server.ledger().failed, 2)
})

test('an upgrade that never answers is ended by handshakeTimeoutMs with 503', async (t) => {
  let reason: unknown
  const server = await serve(t, {
    handshakeTimeoutMs: 100,
    route: {
      upgrade: (request) =>
        new Promise((_, fail) => {
          request.signal.addEventListener('abort', () => {
            reason = request.signal.reason
            fail(reason)
          })
        }),
    },
  })
  const errors = errorsOf(server)
  const answer = await ask(t, server.port)
  assert.equal(answer.status, 503)
  await settled(server)
  assert.match(String(reason), /handshakeTimeoutMs/)
  assert.deepEqual(errors, [])
  assert.equal(server.ledger().failed, 1)
})

test('the ws client is let in, echoes, and sees code and reason', async (t) => {
  const server = await serve(t, { route: { message: (connection, message) => void connection.send(message) } })
  const client = new WebSocket(`ws://127.0.0.1:${server.port}/`)
  t.after(() => client.terminate())
  await within('open', new Promise((resolve) => client.once('open', resolve)))
  const echo = new Promise<string>((resolve) => client.once('message', (data) => resolve(String(data))))
  client.send('hello')
  assert.equal(await within('the echo', echo), 'hello')
  const closed = new Promise<[number, string]>((resolve) =>
    client.once('close', (code, reason) => resolve([code, String(reason)])),
  )
  ;(await onlyConnection(server)).end({ code: 4321, reason: 'because' })
  assert.deepEqual(await within('close', closed), [4321, 'because'])
  await settled(server)
})
