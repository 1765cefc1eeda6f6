/**
 * The end of a pod, without Kubernetes: `holdfast run` with the flags of the manifest, 200 clients that talk, and what the kubelet does.
 * preStop and the window are shorter than in the manifest; the deadlines are its own.
 */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { WebSocket } from 'ws'
import { until } from '../../support/deadline.ts'
import { AppFolder, appWith, PATIENCE_MS, type Supervised, supervise } from '../../support/supervised.ts'
import { openWs } from '../peers/ws-client.ts'
import { deployFile } from './front.ts'
import { leavingOf } from './grace.ts'
import { endPod, probe, untilReady } from './kubelet.ts'
import { parse } from './manifests.ts'

const CLIENTS = 200
const WINDOW_MS = 2_000
const TOKEN = 'a-token-of-the-pods-secret'
const PRE_STOP = ['sleep', '1']
const APP = appWith(
  `{ message: (connection, message) => {
    connection.send(message)
    if (message === 'stuck') return new Promise(() => {})
  } }`,
  '{ closeTimeoutMs: 1000 }',
)
const MANIFEST = leavingOf([
  ...parse(deployFile('kubernetes/base/deployment.yaml')),
  ...parse(deployFile('kubernetes/base/autoscaler.yaml')),
])

interface Closed {
  readonly code: number
  readonly reason: string
  readonly at: number
  /** What the readiness probe says when this is seen. */
  readonly ready: Promise<number>
}

class Clients {
  readonly sockets: WebSocket[] = []
  readonly closed: Closed[] = []
  #echoes = 0
  readonly #pod: Supervised

  constructor(pod: Supervised) {
    this.#pod = pod
  }

  async open(t: TestContext, count: number): Promise<void> {
    t.after(() => {
      for (const socket of this.sockets) socket.terminate()
    })
    for (let at = 0; at < count; at++) {
      const socket = await openWs(`ws://127.0.0.1:${this.#pod.port}/`)
      this.sockets.push(socket)
      socket.on('message', () => {
        this.#echoes++
      })
      socket.on('error', () => {})
      socket.on('close', (code, reason) => {
        const ready = probe(this.#pod.adminPort, '/readyz')
        this.closed.push({ code, reason: String(reason), at: performance.now(), ready })
      })
    }
  }

  /** All are there, and are answered. */
  async talk(): Promise<void> {
    const before = this.#echoes
    for (const socket of this.sockets) socket.send('hello')
    await until('all are answered', () => this.#echoes === before + this.sockets.length, PATIENCE_MS)
  }

  /** The first of them has a handler that never ends. */
  async stick(): Promise<void> {
    const before = this.#echoes
    this.sockets[0]?.send('stuck')
    await until('its handler runs', () => this.#echoes === before + 1, PATIENCE_MS)
  }
}

async function startPod(
  t: TestContext,
  timeout: string,
): Promise<{ pod: Supervised; clients: Clients; folder: string }> {
  const folder = new AppFolder(t)
  const pod = await supervise(t, folder.write(APP), {
    flags: ['--workers', '2', '--drain-window', `${WINDOW_MS}ms`, '--drain-timeout', timeout],
    env: { HOLDFAST_ADMIN_TOKEN: TOKEN },
    detached: true,
  })
  await untilReady(pod)
  return { pod, clients: new Clients(pod), folder: folder.path }
}

test('ready, preStop, SIGTERM: not ready first, then each client is told when to come back, and it ends with 0', async (t) => {
  const { pod, clients, folder } = await startPod(t, `${MANIFEST.timeoutSeconds}s`)
  await clients.open(t, CLIENTS)
  await clients.talk()

  let termAt = 0
  // As long as this test wants it to.
  const mark = join(folder, 'go-on')
  const preStop = ['sh', '-c', `while [ ! -e ${mark} ]; do sleep 0.1; done`]
  const ended = endPod(pod, { preStop, graceSeconds: MANIFEST.graceSeconds }, () => {
    termAt = performance.now()
  })
  // While preStop runs it serves as before, new clients too.
  await clients.open(t, 1)
  await clients.talk()
  assert.equal(termAt, 0, 'all that was before SIGTERM')
  assert.deepEqual([await probe(pod.adminPort, '/readyz'), clients.closed.length], [200, 0])
  writeFileSync(mark, '')

  const { killed, code, seconds } = await ended
  assert.deepEqual([killed, code], [false, 0])
  assert.ok(seconds < MANIFEST.graceSeconds)
  await until('all clients know', () => clients.closed.length === CLIENTS + 1)
  for (const { code, reason, at } of clients.closed) {
    assert.equal(code, 1012)
    const { retryAfterMs } = JSON.parse(reason)
    assert.ok(retryAfterMs >= 0 && retryAfterMs <= 60_000, reason)
    assert.ok(at > termAt)
  }
  // Nobody is closed while it still says that it is ready; 0: it has ended.
  const probes = await Promise.all(clients.closed.map(({ ready }) => ready))
  assert.ok(probes.includes(503) && probes.every((status) => status === 503 || status === 0), String(probes))
  const at = clients.closed.map((one) => one.at)
  assert.ok(Math.max(...at) - Math.min(...at) > WINDOW_MS / 2, 'spread over the window')
})

test('a handler that never ends is cut short at the drain timeout: the pod ends by itself, with 0', async (t) => {
  const { pod, clients } = await startPod(t, '3s')
  await clients.open(t, 20)
  await clients.stick()
  const { killed, code, seconds } = await endPod(pod, { preStop: PRE_STOP, graceSeconds: MANIFEST.graceSeconds })
  assert.deepEqual([killed, code], [false, 0])
  assert.ok(seconds > 4, 'preStop and the drain timeout')
})

test('control: with a grace period shorter than the drain it is killed, and clients see 1006', async (t) => {
  const { pod, clients } = await startPod(t, `${MANIFEST.timeoutSeconds}s`)
  await clients.open(t, 20)
  await clients.stick()
  const { killed, code } = await endPod(pod, { preStop: PRE_STOP, graceSeconds: 4 })
  assert.deepEqual([killed, code], [true, null])
  await until('the last client knows', () => clients.closed.length === 20)
  assert.equal(clients.closed.at(-1)?.code, 1006)
})
