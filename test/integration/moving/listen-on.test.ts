/** A server that listens on a raw handle, its own or that of an HTTP server it is attached to, and stops listening. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer, get } from 'node:http'
import { createServer as createNetServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { RouteDeclaration } from '../../../src/index.ts'
import { INTERNALS } from '../../../src/server/internals.ts'
import { until, within } from '../../support/deadline.ts'
import { HandleMirror } from '../../support/handle-mirror.ts'
import { connectRaw, openRaw } from '../../support/raw-client.ts'
import { balanced, makeServer, settled } from '../../support/serving.ts'

const echo: RouteDeclaration<undefined> = { message: (connection, message) => void connection.send(message) }

/** A raw listening handle nobody accepts from, and its port. */
async function listeningHandle(t: TestContext): Promise<{ handle: object; port: number }> {
  const holder = createNetServer()
  holder.listen(0, '127.0.0.1')
  await once(holder, 'listening')
  const { port } = holder.address() as { port: number }
  const { _handle } = holder as unknown as { _handle: object }
  const handle = await new HandleMirror(t).copy(_handle)
  holder.close()
  return { handle, port }
}

test('alone: with an HTTP server of its own', async (t) => {
  const { handle, port } = await listeningHandle(t)
  const server = makeServer(t, { route: echo })
  const internals = server[INTERNALS]
  assert.equal(internals.isReady, true)
  await internals.listenOn(handle)
  assert.equal(server.port, port)
  const client = await openRaw(t, port)
  await assert.rejects(internals.listenOn(handle), { code: 'HF_SERVER_STATE' })
  await balanced(server)
  internals.stopListening()
  internals.stopListening()
  const late = connectRaw(t, port)
  await assert.rejects(late)
  client.text('still served')
  assert.deepEqual(await client.nextTexts(1), ['still served'])
  await balanced(server)
  client.destroy()
  await settled(server)
  await server.close()
  assert.equal(internals.isReady, false)
  await assert.rejects(internals.listenOn(handle), { code: 'HF_SERVER_STATE' })
})

test('attached: with the HTTP server of the application, whose requests go on being answered', async (t) => {
  const { handle, port } = await listeningHandle(t)
  let release: (() => void) | null = null
  const http = createHttpServer((request, response) => {
    if (request.url === '/slow') release = () => response.end('slow')
    else response.end('fine')
  })
  t.after(() => {
    http.close()
    http.closeAllConnections()
  })
  const server = makeServer(t, { route: echo })
  server.attach(http)
  await server[INTERNALS].listenOn(handle)
  const answer = (path: string): Promise<string> =>
    new Promise((resolve, reject) => {
      get({ port, host: '127.0.0.1', path, headers: { connection: 'keep-alive' } }, (response) => {
        let text = ''
        response.on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () => resolve(`${text} ${response.headers.connection}`))
      }).on('error', reject)
    })
  assert.match(await answer('/'), /^fine/)
  const slow = answer('/slow')
  await until('it is asked', () => release !== null)
  const client = await openRaw(t, port)
  server[INTERNALS].stopListening()
  assert.equal(http.listening, false)
  ;(release as unknown as () => void)()
  assert.match(await within('the slow answer', slow), /^slow/)
  client.text('still served')
  assert.deepEqual(await client.nextTexts(1), ['still served'])
  await assert.rejects(connectRaw(t, port))
  client.destroy()
  await settled(server)
})

test('attached to two HTTP servers, or to one that listens: it does not know where', async (t) => {
  const { handle } = await listeningHandle(t)
  const [one, two] = [createHttpServer(), createHttpServer()]
  const server = makeServer(t)
  server.attach(one).attach(two)
  await assert.rejects(server[INTERNALS].listenOn(handle), { code: 'HF_SERVER_STATE', message: /several/ })
  const listening = makeServer(t)
  listening.attach(one)
  one.listen(0, '127.0.0.1')
  await once(one, 'listening')
  await assert.rejects(listening[INTERNALS].listenOn(handle), { code: 'HF_SERVER_STATE', message: /listening/ })
  one.close()
  ;(handle as { close(): void }).close()
})
