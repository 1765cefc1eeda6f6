/** One round of a soak, as the server sees it: how they come, what they bring, and how each of them leaves; also over TLS. */
import assert from 'node:assert/strict'
import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { WebSocketServer } from 'ws'
import { systemClock } from '../../../src/base/clock.ts'
import { type DialTarget, targetOf } from '../../../src/diagnose/dial/dial-target.ts'
import { NO_SCRIPT, type Step } from '../../../src/diagnose/soak/script.ts'
import type { Leave } from '../../../src/diagnose/soak/visitor.ts'
import { Vanished, type WaveResult, wave } from '../../../src/diagnose/soak/wave.ts'
import { CERTIFICATE, KEY } from '../../support/certificate.ts'
import { until } from '../../support/deadline.ts'

interface Seen {
  readonly url: string
  readonly requests: IncomingMessage[]
  readonly messages: string[]
  /** The close code of each connection that has ended: 1005 for a close frame without a code, 1006 for none. */
  readonly ends: number[]
  most: number
}

function serve(t: TestContext, isSecure: boolean): Promise<Seen> {
  const server = isSecure ? createSecureServer({ key: KEY, cert: CERTIFICATE }) : createServer()
  const sockets = new WebSocketServer({ server, handleProtocols: (offered) => [...offered][0] ?? false })
  const seen: Seen = { url: '', requests: [], messages: [], ends: [], most: 0 }
  sockets.on('connection', (socket, request) => {
    seen.requests.push(request)
    seen.most = Math.max(seen.most, sockets.clients.size)
    socket.on('error', () => {})
    socket.on('close', (code) => seen.ends.push(code))
    socket.on('message', (message) => {
      seen.messages.push(String(message))
      socket.send(`echo ${message}`)
    })
  })
  t.after(() => {
    for (const socket of sockets.clients) socket.terminate()
    server.close()
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      resolve(Object.assign(seen, { url: `${isSecure ? 'wss' : 'ws'}://127.0.0.1:${port}/a?b=c` }))
    })
  })
}

interface Shape {
  readonly leaves?: readonly Leave[]
  readonly script?: readonly Step[]
  readonly perSecond?: number
}

function round(target: DialTarget, vanished: Vanished, shape: Shape = {}): Promise<WaveResult> {
  const { leaves = ['close'], script = NO_SCRIPT, perSecond = 0 } = shape
  const limits = { openMs: 20_000, answerMs: 20_000 }
  const signal = new AbortController().signal
  const options = { target, script, leaves, perSecond, limits, signal, connections: 12, atOnce: 4, clock: systemClock }
  return wave(options, vanished)
}

describe('a round of connections', () => {
  for (const isSecure of [false, true]) {
    test(`comes, talks and leaves as it should${isSecure ? ', over TLS' : ''}`, async (t) => {
      const seen = await serve(t, isSecure)
      const vanished = new Vanished()
      const headers = [['Origin', 'https://example.com']] as const
      const target = targetOf(seen.url, { protocols: ['v2', 'v1'], headers, anyCertificate: true })
      const script: Step[] = [
        { do: 'send', text: 'hello' },
        { do: 'expect', text: 'echo hello' },
      ]
      const result = await round(target, vanished, { leaves: ['close', 'reset', 'vanish'], script })
      assert.deepEqual([result.tried, result.opened, result.vanished, [...result.problems]], [12, 12, 4, []])
      assert.equal(seen.most, 12, 'all were there at once')
      assert.equal(seen.messages.length, 12)
      const [request] = seen.requests
      assert.deepEqual(
        [request?.url, request?.headers.origin, request?.headers['sec-websocket-protocol']],
        ['/a?b=c', 'https://example.com', 'v2, v1'],
      )
      await until('those that did not vanish have ended', () => seen.ends.length === 8)
      assert.deepEqual(seen.ends.sort(), [1000, 1000, 1000, 1000, 1006, 1006, 1006, 1006])
      assert.equal(vanished.size, 4)
      await vanished.dropAll()
      assert.equal(vanished.size, 0)
      await until('they have ended too', () => seen.ends.length === 12)
    })
  }

  test('does not come where nobody vouches for the certificate', async (t) => {
    const seen = await serve(t, true)
    const result = await round(targetOf(seen.url), new Vanished())
    assert.equal(result.opened, 0)
    assert.match([...result.problems.keys()].join(), /SELF_SIGNED/)
  })

  test('comes no faster than it may', async (t) => {
    const seen = await serve(t, false)
    const began = performance.now()
    await round(targetOf(seen.url), new Vanished(), { perSecond: 50 })
    assert.ok(performance.now() - began >= 11 * 20 - 5, 'eleven pauses of 20 ms')
  })

  test('goes on without those that say something is wrong', async (t) => {
    const seen = await serve(t, false)
    const refused = await round(targetOf(seen.url.replace('127.0.0.1', '127.0.0.2')), new Vanished())
    assert.deepEqual([...refused.problems], [['ECONNREFUSED', 12]])
    const headers = [['Sec-WebSocket-Version', '7']] as const
    const old = await round(targetOf(seen.url, { headers }), new Vanished())
    assert.equal(old.refusedWith, 400)
  })
})
