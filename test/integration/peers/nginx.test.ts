/**
 * nginx between client and server, with the configuration shipped in deploy/nginx.
 * Needs: nginx
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { startNginx } from './nginx-process.ts'
import { startPeerServer } from './peer-server.ts'
import { expectVisit, FRAGMENTED, WHOLE } from './visit.ts'
import { endOf, openWs, visitWithWs } from './ws-client.ts'

const names = [...WHOLE, ...FRAGMENTED]
const READ_TIMEOUT_MS = 1_000

for (const deflate of [false, true]) {
  test(`through nginx, deflate ${deflate ? 'on' : 'off'}`, async (t) => {
    const server = await startPeerServer({ deflate })
    t.after(() => server.stop())
    const nginx = await startNginx(server.port)
    t.after(() => nginx.stop())
    // With the Origin a browser would send for a page that came through nginx: the Host has to arrive as it was.
    const visit = await visitWithWs(nginx.url, {
      perMessageDeflate: deflate,
      origin: nginx.url.replace('ws:', 'http:'),
    })
    await expectVisit(visit, server, { names, deflate })
  })
}

test('through nginx: refusals and pages arrive as they are', async (t) => {
  const server = await startPeerServer()
  t.after(() => server.stop())
  const nginx = await startNginx(server.port)
  t.after(() => nginx.stop())
  for (const [path, origin, status] of [
    ['/echo', 'http://elsewhere.example', 403],
    ['/nowhere', undefined, 404],
  ] as const) {
    const socket = new WebSocket(nginx.url + path, origin === undefined ? {} : { origin })
    const [error] = await once(socket, 'error', { signal: AbortSignal.timeout(10_000) })
    assert.match(String(error), new RegExp(`Unexpected server response: ${status}`))
  }
  const page = await fetch(nginx.url.replace('ws:', 'http:'))
  assert.match(await page.text(), /<title>peer/)
})

test('an idle connection outlives the read timeout of nginx, because we ping', async (t) => {
  const server = await startPeerServer({ keepaliveIntervalMs: READ_TIMEOUT_MS / 4 })
  t.after(() => server.stop())
  const nginx = await startNginx(server.port, `proxy_read_timeout ${READ_TIMEOUT_MS}ms;`)
  t.after(() => nginx.stop())
  const socket = await openWs(`${nginx.url}/echo`)
  t.after(() => socket.terminate())
  const openedAt = performance.now()
  // As many pings as fit into three read timeouts, counted, so that a slow machine only takes longer.
  for (let pings = 0; pings < 12; pings += 1) await once(socket, 'ping', { signal: AbortSignal.timeout(10_000) })
  assert.ok(performance.now() - openedAt > 2 * READ_TIMEOUT_MS)
  const back = once(socket, 'message', { signal: AbortSignal.timeout(10_000) })
  socket.send('still there')
  assert.equal(String((await back)[0]), 'still there')
})

test('without our pings nginx cuts an idle connection off: the test above can fail', async (t) => {
  const server = await startPeerServer({ keepaliveIntervalMs: 60_000 })
  t.after(() => server.stop())
  const nginx = await startNginx(server.port, `proxy_read_timeout ${READ_TIMEOUT_MS}ms;`)
  t.after(() => nginx.stop())
  const socket = await openWs(`${nginx.url}/echo`)
  const ending = await endOf(socket, () => {})
  assert.equal(ending.code, 1006)
})
