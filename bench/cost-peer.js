// A server of bench:cost. `node cost-peer.js DIST WATCHED`: the library of which folder, and whether its admin port is open.
// Says its port in a line of JSON, and ends with its process. With `--bytes N` it is its own clients, says what each of N costs, and ends.
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

const [dist, watched, flag, count] = process.argv.slice(2)
const load = (path) => import(pathToFileURL(join(dist, path)).href)
const { createServer } = await load('index.js')

const BYTES = flag === '--bytes'
/** Short enough that each client is pinged several times while it is looked at. */
const server = createServer({ origins: 'any', ...(BYTES && { idleTimeoutMs: 4_000 }) })
server.route('/echo', { message: (connection, message) => void connection.send(message) })
await server.listen({ port: 0, host: '127.0.0.1' })
if (watched === 'true') {
  const { admin } = await load('ops/index.js')
  await admin(server, { port: 0 })
}
if (BYTES) {
  console.log(JSON.stringify(await bytesEach(Number(count))))
  process.exit(0)
}
console.log(JSON.stringify({ port: server.port }))

/** Heap and buffers in use for each connection and its client: before it has said anything, and when it has spoken and was pinged. */
async function bytesEach(connections) {
  const clients = []
  const before = await alive()
  for (let at = 0; at < connections; at += 100) {
    clients.push(...(await Promise.all(Array.from({ length: 100 }, open))))
  }
  const silent = await alive()
  for (const client of clients) client.write(frame(1, 'hello'))
  await pause(10_000)
  const spoken = await alive()
  const left = server.connections.size
  if (left !== connections) throw new Error(`${left} of ${connections} connections are left`)
  return { silent: (silent - before) / connections, spoken: (spoken - before) / connections }
}

async function alive() {
  await pause(300)
  for (let round = 0; round < 4; round++) {
    globalThis.gc()
    await pause(50)
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

async function open() {
  const client = connect(server.port, '127.0.0.1')
  await once(client, 'connect')
  client.write(
    'GET /echo HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  )
  await once(client, 'data')
  client.on('data', answerPings)
  return client
}

/** Of `this`, the client. Frames are short and come whole here; an echo is no ping. */
function answerPings(chunk) {
  for (let at = 0; at < chunk.length; at += 2 + chunk[at + 1]) {
    if ((chunk[at] & 0x0f) === 9) this.write(frame(10, chunk.subarray(at + 2, at + 2 + chunk[at + 1])))
  }
}

/** Masked with zeros. */
function frame(opcode, payload) {
  const body = Buffer.from(payload)
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | body.length, 0, 0, 0, 0]), body])
}
