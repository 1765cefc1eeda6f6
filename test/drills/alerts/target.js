// A server for the drill of alerts, with the fault it is told to have: `heap`, `gc`, `busy`, `odd`, or `calm`: none. Forked by the drill; tells
// its ports, and ends when its parent has gone. It runs what was built.
import { openSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { getHeapStatistics } from 'node:v8'
import { Counter, Gauge, Registry } from 'prom-client'
import { createServer } from '../../../dist/index.js'
import { admin, readyWhen } from '../../../dist/ops/index.js'

const fault = process.argv[2]
process.on('disconnect', () => process.exit(0))

const kept = []
const server = createServer(fault === 'odd' ? { connectionsMax: 20 } : {})
server.on('error', () => {})
server.route('/', { message: (connection, message) => void connection.send(message) })
server.route('/slow', { message: () => pause(1_300) })
server.route('/fail', {
  message() {
    throw new Error('told to')
  },
})
server.route('/kept', { open: (connection) => void kept.push(connection) })
if (fault === 'odd') readyWhen(server, 'settings', () => 'not loaded')
await server.listen({ port: 0, host: '127.0.0.1' })

// A ledger that does not balance cannot be had of a server that works: what the admin port asks is given a law more.
const shown = fault === 'odd' ? withImbalance(server) : server
const { port: adminPort } = await admin(shown, { port: 0 })
const ownPort = fault === 'odd' ? await ownMetrics() : null
process.send?.({ port: server.port, adminPort, ownPort })

if (fault === 'heap') await fill(0.88)
if (fault === 'gc') await longCollections()
if (fault === 'odd') {
  // Behind the clients: the server refuses them before the last descriptors are taken.
  while (server.connections.size < 18) await pause(50)
  for (let files = 0; files < 150; files++) openSync('/dev/null')
}

function withImbalance(real) {
  return new Proxy(real, {
    get(target, name) {
      if (name === 'ledger') return () => ({ ...target.ledger(), imbalances: ['a law: 1 is not 2'] })
      const value = target[name]
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** What an application exports itself: a cache that misses, a consumer that is late. */
async function ownMetrics() {
  const registry = new Registry()
  const registers = [registry]
  const requests = new Counter({
    name: 'cache_requests_total',
    help: 'Asked of the cache.',
    labelNames: ['result'],
    registers,
  })
  new Gauge({ name: 'consumer_lag_seconds', help: 'How old what is consumed is.', registers }).set(45)
  setInterval(() => requests.inc({ result: 'hit' }, 5), 100).unref()
  setInterval(() => requests.inc({ result: 'miss' }, 5), 100).unref()
  const http = createHttpServer((_, response) => {
    void registry.metrics().then((text) => response.setHeader('Content-Type', registry.contentType).end(text))
  })
  await new Promise((resolve) => http.listen(0, '127.0.0.1', () => resolve()))
  return http.address().port
}

/** Holds so much of its heap. */
async function fill(share) {
  const { heap_size_limit: limit } = getHeapStatistics()
  // The limit of the old generation is what it was started with.
  const old = Math.min(limit, Number(/\d+/.exec(process.execArgv.join(' '))?.[0] ?? 0) * 2 ** 20)
  while (process.memoryUsage().heapUsed < old * share) {
    kept.push(Array.from({ length: 1_000 }, (_, at) => ({ at })))
    if (kept.length % 20 === 0) await pause(1)
  }
}

/** Ever more objects, until a collection of them takes long; then one every few seconds. */
async function longCollections() {
  for (;;) {
    const began = performance.now()
    globalThis.gc()
    if (performance.now() - began > 650) await pause(4_000)
    else for (let batch = 0; batch < 500; batch++) kept.push(Array.from({ length: 1_000 }, (_, at) => ({ at })))
    await pause(50)
  }
}
