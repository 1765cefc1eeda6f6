/** A drain beside an application: its HTTP requests are answered all the time, and their sockets are not kept. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, createServer as createHttpServer, type Server as HttpServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createServer } from '../../../src/index.ts'
import { until, within } from '../../support/deadline.ts'
import { connectRaw, openRaw } from '../../support/raw-client.ts'
import { makeServer } from '../../support/serving.ts'

interface Got {
  readonly status: number
  readonly connection: string | undefined
  readonly port: number
}

/** Asks with the agent, and says over which of its ports. */
async function ask(agent: Agent, port: number, path = '/'): Promise<Got> {
  const asked = request({ port, host: '127.0.0.1', path, agent })
  asked.end()
  const [response] = await within('an answer', once(asked, 'response'))
  const from = response.socket.localPort
  response.resume()
  await within('its end', once(response, 'end'))
  return { status: response.statusCode, connection: response.headers.connection, port: from }
}

async function listening(t: TestContext, httpServer: HttpServer): Promise<number> {
  httpServer.listen(0, '127.0.0.1')
  await once(httpServer, 'listening')
  t.after(() => {
    httpServer.close()
    httpServer.closeAllConnections()
  })
  return (httpServer.address() as AddressInfo).port
}

test('beside an application: requests are answered all through a drain, with Connection: close', async (t) => {
  const app = createHttpServer((asked, response) => {
    if (asked.url === '/ready') response.writeHead(server.ready ? 200 : 503).end()
    // As frameworks do: all headers at once.
    else response.writeHead(200, { 'Content-Type': 'text/plain' }).end('a page')
  })
  const server = makeServer(t, { drainTimeoutMs: 8_000, route: {} })
  server.attach(app)
  assert.equal(server.ready, false)
  const port = await listening(t, app)
  assert.equal(server.ready, true)
  const client = await openRaw(t, port)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  const first = await ask(agent, port)
  assert.deepEqual(await ask(agent, port, '/ready'), { ...first, port: first.port })
  assert.equal(first.connection, 'keep-alive')
  const listeners = app.listenerCount('request')

  const report = server.drain({ windowMs: 1_000 })
  // On the socket that was kept before the drain began, and then on a new one.
  const asked = await ask(agent, port)
  assert.deepEqual([asked.status, asked.connection, asked.port], [200, 'close', first.port])
  const notReady = await ask(agent, port, '/ready')
  assert.deepEqual([notReady.status, notReady.connection], [503, 'close'])
  assert.notEqual(notReady.port, first.port)
  assert.equal((await client.closeCode()).code, 1012)
  client.closeFrame(1012)
  assert.equal((await within('the drain', report)).finished, 1)
  assert.equal((await ask(agent, port)).connection, 'close', 'until the server is closed')

  await within('close', server.close())
  assert.equal(app.listenerCount('request'), listeners)
  assert.equal(app.listenerCount('upgrade'), 0)
  assert.equal((await ask(agent, port)).connection, 'keep-alive', 'the application goes on as it was')
})

test('an answer under way when the drain begins is not cut off', async (t) => {
  const app = createHttpServer(async (_, response) => {
    response.write('half ')
    await until('the drain has begun', () => !server.ready)
    response.end('whole')
  })
  const server = makeServer(t, { route: {} })
  server.attach(app)
  const port = await listening(t, app)
  const client = await connectRaw(t, port)
  client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  await until('the first half', () => client.received.includes('half '))
  assert.equal((await within('the drain', server.drain())).total, 0)
  await client.gone()
  assert.match(client.received.toString(), /half [\s\S]*whole/)
})

test('an application without a listener for requests gets none; the expectations of HTTP are seen too', async (t) => {
  const bare = createHttpServer()
  const expecting = createHttpServer((_, response) => response.end())
  expecting.on('checkContinue', (_, response) => {
    response.writeContinue()
    response.end('continued')
  })
  const server = makeServer(t, { route: {} })
  server.attach(bare).attach(expecting)
  const port = await listening(t, expecting)
  await server.drain()
  assert.equal(bare.listenerCount('request'), 0)
  const client = await connectRaw(t, port)
  client.write('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n')
  await client.gone()
  assert.match(client.received.toString(), /100 Continue[\s\S]*Connection: close/)
})

test('a server of its own says Connection: close to ordinary requests, and still answers while it drains', async (t) => {
  const server = createServer({ closeTimeoutMs: 300 })
  t.after(() => server.close())
  await server.listen({ port: 0, host: '127.0.0.1' })
  await server.drain()
  const client = await connectRaw(t, server.port)
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  const { status, headers } = await client.answer()
  assert.equal(status, 426)
  assert.match(headers.connection ?? '', /close/)
  await client.gone()
})
