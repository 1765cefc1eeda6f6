/** The listener of the admin port: routing, headers, bounds, answers that go on, and how it ends. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { type AdminRoute, answer, openAdmin } from '../../../src/ops/index.ts'
import { ask, CHANGE, exchange, openFor, statusOf } from '../../support/admin-client.ts'
import { deferred, until, within } from '../../support/deadline.ts'

const get = (path: string, handler: AdminRoute['handler']): AdminRoute => ({ method: 'GET', path, handler })

describe('routes', { concurrency: true }, () => {
  test('exact paths and prefixes; 404, and 405 with Allow; HEAD is GET without a body', async (t) => {
    const { port } = await openFor(t)
    const passed = await ask(port, '/workers/2/debug/pprof/heap?q=a%20b')
    assert.deepEqual(JSON.parse(passed.body), { n: '2', '*': 'debug/pprof/heap', q: 'a b' })
    for (const path of ['/', '/nowhere', '/Status', '/status/', '/workers/2', '/%', '/workers/%/x', '//status']) {
      assert.equal(await statusOf(port, path), 404, path)
    }
    const wrong = await ask(port, '/status', { method: 'POST', headers: CHANGE })
    assert.deepEqual([wrong.status, wrong.headers.allow], [405, 'GET, HEAD'])
    const head = await ask(port, '/status', { method: 'HEAD' })
    assert.deepEqual([head.status, head.body, Number(head.headers['content-length']) > 0], [200, '', true])
    assert.equal(await statusOf(port, '/status', { method: 'DELETE' }), 405)
  })

  test('every answer is kept nowhere and taken for nothing else, refusals too', async (t) => {
    const { port } = await openFor(t)
    for (const path of ['/status', '/readyz', '/nowhere']) {
      const { headers } = await ask(port, path)
      const said = [
        headers['cache-control'],
        headers['x-content-type-options'],
        headers['cross-origin-resource-policy'],
      ]
      assert.deepEqual(said, ['no-store', 'nosniff', 'same-origin'], path)
    }
  })

  test('a handler that throws, or answers nothing, is announced and answered with 500; one that throws an answer is not', async (t) => {
    const { port, errors } = await openFor(t, {
      routes: [
        get('/throws', () => {
          throw new Error('it broke')
        }),
        get('/nothing', () => undefined as never),
        get('/refuses', () => {
          throw answer.text('not now', 409)
        }),
        { method: 'POST', path: '/json', handler: (request) => answer.json({ got: request.json() ?? null }) },
      ],
    })
    const thrown = await ask(port, '/throws')
    assert.deepEqual([thrown.status, thrown.body.includes('broke')], [500, false])
    assert.equal(await statusOf(port, '/nothing'), 500)
    assert.equal(await statusOf(port, '/refuses'), 409)
    assert.equal(errors.length, 2)
    assert.match(errors[0] ?? '', /^HF_ADMIN_FAILED GET \/throws of the admin port failed: it broke/)
    const post = { method: 'POST', headers: CHANGE }
    assert.equal(
      (await ask(port, '/json', { ...post, body: '{"a":[1]}' })).body.replace(/\s/g, ''),
      '{"got":{"a":[1]}}',
    )
    assert.equal((await ask(port, '/json', post)).body.replace(/\s/g, ''), '{"got":null}')
    assert.equal(await statusOf(port, '/json', { ...post, body: '{"a":' }), 400)
    assert.equal(errors.length, 2)
  })

  test('that contradict each other are refused when the port is opened', async () => {
    const handler = () => answer.text('x')
    const wrong: AdminRoute[][] = [
      [get('/a', handler), get('/a', handler)],
      [get('no-slash', handler)],
      [{ method: 'PUT' as 'POST', path: '/a', handler }],
      [{ method: 'POST', path: '/a', open: true, handler }],
      [{ method: 'GET', path: '/a' } as AdminRoute],
    ]
    for (const routes of wrong) await assert.rejects(openAdmin({ port: 0, routes }), { code: 'HF_ADMIN_ROUTE' })
    await assert.rejects(openAdmin({ port: 0, routes: [], tokn: 'x' } as never), { code: 'HF_OPTION_UNKNOWN' })
  })
})

describe('bounds', { concurrency: true }, () => {
  test('a body that is too long gets 413, announced or not; one that fits is read', async (t) => {
    const { port } = await openFor(t, { bodyBytesMax: 100 })
    const post = { method: 'POST', headers: CHANGE }
    assert.equal(await statusOf(port, '/change', { ...post, body: 'x'.repeat(100) }), 200)
    assert.equal(await statusOf(port, '/change', { ...post, body: 'x'.repeat(101) }), 413)
    const chunked =
      'POST /change HTTP/1.1\r\nHost: localhost\r\nX-Holdfast: 1\r\nTransfer-Encoding: chunked\r\n\r\n' +
      `40\r\n${'x'.repeat(64)}\r\n40\r\n${'x'.repeat(64)}\r\n`
    assert.match(await exchange(port, chunked), /^HTTP\/1.1 413 /)
  })

  test('a body nobody reads is not taken for the next request', async (t) => {
    const { port } = await openFor(t)
    const hidden = 'GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n'
    const bytes = `GET /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n\r\n${hidden}`
    const told = await exchange(port, bytes)
    assert.match(told, /^HTTP\/1.1 404 /)
    assert.equal(told.match(/HTTP\/1.1/g)?.length, 1)
  })

  test('a request that does not end gets 408, whether its head or its body is missing', async (t) => {
    const { port } = await openFor(t, { requestTimeoutMs: 200 })
    assert.match(await exchange(port, 'GET /status HTTP/1.1\r\nHost: localhost\r\n'), /^HTTP\/1.1 408 /)
    const body = 'POST /change HTTP/1.1\r\nHost: localhost\r\nX-Holdfast: 1\r\nContent-Length: 10\r\n\r\nx'
    assert.match(await exchange(port, body), /^HTTP\/1.1 408 /)
  })

  test('a head that is too long gets 431', async (t) => {
    const { port } = await openFor(t)
    assert.equal(await statusOf(port, '/status', { headers: { X: 'x'.repeat(20_000) } }), 431)
  })

  test('more connections than connectionsMax are hung up on; when one has left there is room again', async (t) => {
    const { port } = await openFor(t, { connectionsMax: 2 })
    const sockets = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')]
    t.after(() => {
      for (const socket of sockets) socket.destroy()
    })
    await Promise.all(sockets.map((socket) => once(socket, 'connect')))
    await assert.rejects(ask(port, '/readyz'))
    sockets[0]?.destroy()
    await until('there is room', () => sockets[0]?.closed === true)
    let status = 0
    for (let tries = 0; tries < 50 && status !== 200; tries++) status = await statusOf(port, '/readyz').catch(() => 0)
    assert.equal(status, 200)
  })

  test('a handler that waits for ever is told to stop, and its client is hung up on, after answerTimeoutMs', async (t) => {
    const told = deferred<unknown>()
    const waits = get('/waits', ({ signal }) => {
      signal.addEventListener('abort', () => told.resolve(signal.reason))
      return new Promise(() => {})
    })
    const { port } = await openFor(t, { answerTimeoutMs: 150, routes: [waits] })
    await assert.rejects(ask(port, '/waits'))
    assert.match(String(await within('the signal', told.promise)), /its client has left.*HF_ENDED/)
  })
})

/** An open request, and what has come of its answer. */
async function listen(
  port: number,
  path: string,
): Promise<{ response: IncomingMessage; text(): string; leave(): void }> {
  const request = httpRequest({ port, host: '127.0.0.1', path, agent: false })
  request.on('error', () => {})
  request.end()
  const [response] = (await within('the head of an answer', once(request, 'response'))) as [IncomingMessage]
  let text = ''
  response.on('data', (chunk) => {
    text += chunk
  })
  response.on('error', () => {})
  return { response, text: () => text, leave: () => request.destroy() }
}

describe('an answer of many lines', { concurrency: true }, () => {
  test('comes as it is made, with empty lines in silence, and ends when its values do', async (t) => {
    const more = deferred()
    const { port, errors } = await openFor(t, {
      // It would be hung up on if the silence were not broken.
      answerTimeoutMs: 2_000,
      routes: [
        get('/lines', () =>
          answer.lines(
            (async function* () {
              yield { step: 1 }
              await more.promise
              yield { step: 2 }
            })(),
          ),
        ),
      ],
    })
    const { response, text } = await listen(port, '/lines')
    assert.equal(response.headers['content-type'], 'application/x-ndjson')
    await until('the first line', () => text().startsWith('{"step":1}\n'))
    await until('a silence longer than answerTimeoutMs', () => text().length > '{"step":1}\n'.length + 5)
    const ended = once(response, 'end')
    more.resolve()
    await within('the end', ended)
    assert.match(text(), /^\{"step":1\}\n\n+\{"step":2\}\n$/)
    assert.deepEqual(errors, [])
  })

  test('ends when its client leaves: the values are told, even those that wait for ever', async (t) => {
    let told = 0
    const returned = deferred()
    const values: AsyncIterable<unknown> = {
      [Symbol.asyncIterator]: () => ({
        next: () => (told++ === 0 ? Promise.resolve({ done: false, value: 1 }) : new Promise(() => {})),
        return: () => {
          returned.resolve()
          return Promise.resolve({ done: true, value: undefined })
        },
      }),
    }
    const { port, errors } = await openFor(t, { routes: [get('/lines', () => answer.lines(values))] })
    const { text, leave } = await listen(port, '/lines')
    await until('the first line', () => text() === '1\n')
    leave()
    await within('the values to be told', returned.promise)
    assert.deepEqual(errors, [])
  })

  test('that cannot be gone on with says so in its last line, and is announced', async (t) => {
    const values = async function* () {
      yield 1
      throw new Error('the worker died')
    }
    const { port, errors } = await openFor(t, { routes: [get('/lines', () => answer.lines(values()))] })
    const { body } = await ask(port, '/lines')
    assert.equal(body, '1\n{"error":{"message":"the worker died"}}\n')
    assert.match(errors.join(), /^HF_ADMIN_FAILED GET \/lines/)
  })

  test('whose client does not read is ended, and takes no more values than fit', async (t) => {
    let made = 0
    const returned = deferred()
    const values = async function* () {
      try {
        for (;;) yield 'x'.repeat(10_000 + (made++ % 2))
      } finally {
        returned.resolve()
      }
    }
    const { port } = await openFor(t, { answerTimeoutMs: 300, routes: [get('/lines', () => answer.lines(values()))] })
    const socket = connect(port, '127.0.0.1')
    t.after(() => socket.destroy())
    socket.pause()
    socket.write('GET /lines HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await within('the values to be told', returned.promise)
    assert.ok(made < 3_000, `${made} values of 10 KB`)
  })
})

describe('how it ends', { concurrency: true }, () => {
  test('close() stops listening, lets answers under way end, hangs up on the others, and leaves nothing', async (t) => {
    const before = process
      .getActiveResourcesInfo()
      .filter((kind) => /TCP|Timeout/.test(kind))
      .sort()
    const go = deferred()
    const opened = await openAdmin({
      port: 0,
      routes: [
        get('/slow', async () => {
          await go.promise
          return answer.text('done')
        }),
        get('/now', () => answer.text('now')),
      ],
    })
    const { port } = opened
    const idle = connect(port, '127.0.0.1')
    t.after(() => idle.destroy())
    await once(idle, 'connect')
    const idleGone = once(idle, 'close')
    const slow = ask(port, '/slow')
    await ask(port, '/now')
    const closing = opened.close()
    assert.equal(opened.close(), closing)
    await assert.rejects(ask(port, '/now'), { code: 'ECONNREFUSED' })
    go.resolve()
    const { status, body, headers } = await slow
    assert.deepEqual([status, body, headers.connection], [200, 'done\n', 'close'])
    await within('the port to close', closing)
    await within('the idle connection to end', idleGone)
    const left = () =>
      process
        .getActiveResourcesInfo()
        .filter((kind) => /TCP|Timeout/.test(kind))
        .sort()
    // Timers of the tests beside this one come and go; what must not stay is a socket or a listener.
    const sockets = (kinds: string[]) => kinds.filter((kind) => kind.startsWith('TCP')).length
    await until('nothing is left', () => sockets(left()) <= sockets(before))
  })

  test('an answer that does not end is ended: its signal aborts, with a reason', async () => {
    const told = deferred<unknown>()
    const values = ({ signal }: { signal: AbortSignal }) =>
      (async function* () {
        signal.addEventListener('abort', () => told.resolve(signal.reason))
        yield 1
        await new Promise(() => {})
      })()
    const opened = await openAdmin({ port: 0, routes: [get('/lines', (request) => answer.lines(values(request)))] })
    const { response, text } = await listen(opened.port, '/lines')
    await until('the first line', () => text() === '1\n')
    const gone = new Promise((resolve) => response.once('close', resolve))
    await within('the port to close', opened.close())
    assert.match(String(await within('the signal', told.promise)), /the admin port was closed/)
    await within('its client to see it', gone)
  })

  test('a port that is taken is an error with a code, and leaves nothing', async (t) => {
    const { port } = await openFor(t)
    await assert.rejects(openAdmin({ port, routes: [] }), { code: 'HF_PORT_IN_USE' })
    assert.equal(await statusOf(port, '/readyz'), 200)
  })
})
