/** stopListening(): who has connected before it, and not asked yet, is served as if nothing had happened. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { test } from 'node:test'
import { INTERNALS } from '../../../src/server/internals.ts'
import { until, within } from '../../support/deadline.ts'
import { connectRaw, upgradeText } from '../../support/raw-client.ts'
import { serve } from '../../support/serving.ts'

test('a socket that has not sent its request, and one that has sent half of it, become connections; new ones are refused', async (t) => {
  const server = await serve(t, { route: { message: (connection, message) => void connection.send(message) } })
  const { port } = server
  const silent = await connectRaw(t, port)
  const half = await connectRaw(t, port)
  const text = upgradeText('/')
  half.write(text.slice(0, 20))
  const strangers = async (): Promise<number> => server[INTERNALS].strangers()
  let seen = 0
  await until('both are there', () => {
    void strangers().then((count) => {
      seen = count
    })
    return seen === 2
  })
  server[INTERNALS].stopListening()
  const late = connect(port, '127.0.0.1')
  const [error] = (await within('a refusal', once(late, 'error'))) as [NodeJS.ErrnoException]
  assert.equal(error.code, 'ECONNREFUSED')
  silent.write(upgradeText('/'))
  half.write(text.slice(20))
  for (const client of [silent, half]) {
    assert.equal((await client.answer()).status, 101)
    client.text('hello')
    assert.deepEqual(await client.nextTexts(1), ['hello'])
  }
  assert.equal(await strangers(), 0)
})

test('an idle keep-alive connection of the application is answered once more, then closed', async (t) => {
  const { createServer: createHttpServer, Agent, request } = await import('node:http')
  const app = createHttpServer((_, response) => response.end('a page'))
  const server = await serve(t, {})
  server.attach(app)
  app.listen(0, '127.0.0.1')
  await once(app, 'listening')
  t.after(() => app.close())
  const { port } = app.address() as AddressInfo
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  const ask = async (): Promise<string | undefined> => {
    const asked = request({ port, host: '127.0.0.1', agent })
    asked.end()
    const [response] = await within('an answer', once(asked, 'response'))
    response.resume()
    await within('its end', once(response, 'end'))
    return response.headers.connection
  }
  assert.equal(await ask(), 'keep-alive')
  server[INTERNALS].stopListening()
  assert.equal(await ask(), 'close')
})
