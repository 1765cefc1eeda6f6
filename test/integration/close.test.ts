/** listen() and close(): 503 meanwhile, 1001, drain, once, and a process that ends by itself. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import { type AddressInfo, createServer as createNetServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createServer, type Server } from '../../src/index.ts'
import { deferred, until, within } from '../support/deadline.ts'
import { connectRaw, openRaw, upgradeText } from '../support/raw-client.ts'
import { makeServer, onlyConnection, serve, settled } from '../support/serving.ts'

test('close: 1001 to everybody, 503 to whoever comes meanwhile, the same promise twice, nothing left', async (t) => {
  const server = await serve(t, { closeTimeoutMs: 5_000, drainTimeoutMs: 5_000, route: {} })
  const { port } = server
  const clients = [await openRaw(t, port), await openRaw(t, port)]
  const late = await connectRaw(t, port)
  late.write('GET / HTTP/1.1\r\n')
  await until('both are open', () => server.connections.size === 2)
  let released = false
  server.scope.defer(() => {
    released = true
  })
  const closed = server.close()
  assert.equal(server.close(), closed)
  for (const client of clients) assert.deepEqual(await client.closeCode(), { code: 1001, reason: 'server is closing' })
  late.write(upgradeText('/', {}, 'X-First: 1').replace('X-First: 1\r\n', ''))
  const answer = await late.answer()
  assert.deepEqual([answer.status, answer.headers['retry-after']], [503, '1'])
  assert.equal(released, false, 'the scope of the server lives until the last connection has closed')
  for (const client of clients) client.closeFrame(1001)
  await within('close', closed)
  assert.equal(released, true)
  assert.equal(server.port, 0)
  await settled(server)
})

test('close waits for handlers that run, up to drainTimeoutMs, and handles what has come', async (t) => {
  const gate = deferred()
  const seen: string[] = []
  const server = await serve(t, {
    drainTimeoutMs: 5_000,
    route: {
      async message(connection, message) {
        await gate.promise
        seen.push(String(message))
        connection.send(`done ${String(message)}`)
      },
      close: () => void seen.push('close'),
    },
  })
  const client = await openRaw(t, server.port)
  client.text('one')
  await until('it runs', () => server.ledger().messagesReceived === 1)
  const closed = server.close()
  assert.equal(server.ledger().draining, 1)
  assert.deepEqual([seen, client.frames.length], [[], 0])
  gate.resolve()
  assert.equal((await client.closeCode()).code, 1001)
  assert.deepEqual(client.texts, ['done one'])
  client.closeFrame(1001)
  await within('close', closed)
  assert.deepEqual(seen, ['one', 'close'])
})

test('close ends a handler that does not finish: its signal aborts at drainTimeoutMs', async (t) => {
  const aborted = deferred()
  const server = await serve(t, {
    drainTimeoutMs: 50,
    closeTimeoutMs: 100,
    route: {
      message: (_, __, { signal }) => {
        signal.addEventListener('abort', () => aborted.resolve())
        return new Promise(() => {})
      },
    },
  })
  const client = await openRaw(t, server.port)
  client.text('x')
  await until('it runs', () => server.ledger().messagesReceived === 1)
  const closed = server.close()
  await within('the signal', aborted.promise)
  assert.equal((await client.closeCode()).code, 1001)
  await within('close', closed)
  await settled(server)
})

test('close does not wait for a peer that never answers, a kept-alive page or a silent TCP connection', async (t) => {
  const server = await serve(t, { closeTimeoutMs: 100, route: {} })
  const silent = await connectRaw(t, server.port)
  const page = await connectRaw(t, server.port)
  page.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  assert.equal((await page.answer()).status, 426)
  await openRaw(t, server.port)
  await within('close', server.close())
  await silent.gone()
})

test('close while an upgrade waits: it is answered with 503', async (t) => {
  const gate = deferred<undefined>()
  const server = await serve(t, { route: { upgrade: () => gate.promise } })
  const client = await connectRaw(t, server.port)
  client.write(upgradeText('/'))
  await until('it waits', () => server.ledger().opening === 1)
  const closed = server.close()
  gate.resolve(undefined)
  assert.equal((await client.answer()).status, 503)
  await within('close', closed)
  await settled(server)
})

test('close before listen, and close of a server that could not listen', async () => {
  await within('close', createServer().close())
  const blocker = createNetServer().listen(0, '127.0.0.1')
  await once(blocker, 'listening')
  const { port } = blocker.address() as AddressInfo
  const server = createServer()
  await assert.rejects(server.listen({ port, host: '127.0.0.1' }), {
    code: 'HF_PORT_IN_USE',
    message: new RegExp(`^port ${port} is in use; wanted a free port; `),
  })
  blocker.close()
  await within('close', server.close())
})

test('a server whose port was in use may try another', async (t) => {
  const blocker = createNetServer().listen(0, '127.0.0.1')
  await once(blocker, 'listening')
  t.after(() => blocker.close())
  const server = makeServer(t, { route: {} })
  await assert.rejects(server.listen({ port: (blocker.address() as AddressInfo).port, host: '127.0.0.1' }))
  await server.listen({ port: 0, host: '127.0.0.1' })
  await openRaw(t, server.port)
})

test('listening twice is refused', async (t) => {
  const server = await serve(t, { route: {} })
  await assert.rejects(server.listen({ port: 0 }), { code: 'HF_SERVER_STATE' })
})

test('an ordinary request to listen() gets 426', async (t) => {
  const server = await serve(t, { route: {} })
  const status = new Promise((resolve) =>
    get({ port: server.port, host: '127.0.0.1' }, (response) => resolve(response.resume().statusCode)),
  )
  assert.equal(await within('the answer', status), 426)
})

test('close in a handler: the handler may not wait for it for ever', async (t) => {
  const server: Server = await serve(t, {
    drainTimeoutMs: 50,
    closeTimeoutMs: 100,
    route: { message: (): Promise<void> => server.close() },
  })
  const client = await openRaw(t, server.port)
  client.text('stop')
  assert.equal((await client.closeCode()).code, 1001)
  await within('close', server.close())
})

/** Runs a program that imports the library in a process of its own. */
function program(t: TestContext, source: string): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    cwd: new URL('../..', import.meta.url),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text))
  return { child, output: () => output }
}

async function portOf(output: () => string): Promise<number> {
  await until('the program listens', () => /port \d+/.test(output()))
  return Number(/port (\d+)/.exec(output())?.[1])
}

const PROGRAM = (options: string, route: string): string => `
  import { createServer } from 'holdfast'
  const server = createServer(${options})
  server.route('/', ${route})
  await server.listen({ port: 0, host: '127.0.0.1' })
  console.log('port ' + server.port)
  server.on('open', () => setTimeout(async () => {
    await server.close()
    console.log('closed')
  }, 50))
`

test('a process whose server has closed exits by itself', async (t) => {
  const { child, output } = program(t, PROGRAM('{}', '{ open: (c) => void c.scope.every(1000, () => {}) }'))
  const client = await openRaw(t, await portOf(output))
  assert.equal((await client.closeCode()).code, 1001)
  client.closeFrame(1001)
  const [code] = await within('the exit', once(child, 'exit'))
  assert.equal(code, 0, output())
  assert.match(output(), /closed/)
})

test('close comes to its end before the process does, also when only a handler nobody can resume is waited for', async (t) => {
  const options = '{ drainTimeoutMs: 100, closeTimeoutMs: 300 }'
  const { child, output } = program(t, PROGRAM(options, '{ message: () => new Promise(() => {}) }'))
  const client = await openRaw(t, await portOf(output))
  client.text('x')
  assert.equal((await client.closeCode()).code, 1001)
  client.closeFrame(1001)
  await within('the exit', once(child, 'exit'))
  assert.match(output(), /closed/, 'what follows `await server.close()` must run')
})

test('an error nobody listens for becomes a warning of the process; with a listener it does not', async (t) => {
  for (const listened of [false, true]) {
    const source =
      PROGRAM('{}', `{ message() { throw new Error('mine') } }`) +
      (listened ? `server.on('error', ({ error }) => console.log('heard ' + error.code))` : '')
    const { child, output } = program(t, source)
    const client = await openRaw(t, await portOf(output))
    client.text('x')
    assert.equal((await client.closeCode()).code, 1011)
    client.closeFrame(1011)
    await within('the exit', once(child, 'close'))
    assert.equal(/HoldfastWarning/.test(output()), !listened, output())
    assert.equal(/heard HF_HANDLER_FAILED/.test(output()), listened, output())
    if (!listened) assert.match(output(), /\[HF_HANDLER_FAILED\]|HF_HANDLER_FAILED/)
  }
})

test('a connection that opens and closes leaves no timer, and none is needed while nothing is there', async (t) => {
  const server = await serve(t, { route: {} })
  const client = await openRaw(t, server.port)
  await onlyConnection(server)
  client.socket.end()
  await settled(server)
  await within('close', server.close())
})
