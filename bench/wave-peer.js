// One server for bench/wave.js: `wave-peer.js holdfast DIST` or `wave-peer.js ws`. Holdfast with everything on, each connection
// in one room; ws bare, without rooms. Asked over IPC: 'memory' is answered with what the process holds and what Holdfast
// has reclaimed, 'collect' with the bytes still alive after a collection. Ends with its parent.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { WebSocketServer } from 'ws'

const MEMBERS = 10
const [peer, dist] = process.argv.slice(2)
let reclaims = () => null

async function serveHoldfast() {
  const { createServer } = await import(pathToFileURL(join(dist, 'index.js')).href)
  const server = createServer({ origins: 'any' })
  let count = 0
  server.route('/wave', {
    open(connection) {
      connection.join(`room-${Math.floor(count++ / MEMBERS)}`)
    },
    message(connection, message) {
      connection.send(message)
    },
  })
  const last = []
  server.on('reclaim', (report) => last.push(report))
  reclaims = () => ({ ...server.ledger().reclaims, reports: last })
  await server.listen({ port: 0, host: '127.0.0.1' })
  return server.port
}

async function serveWs() {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', backlog: 4096 })
  server.on('connection', (socket) => {
    socket.on('error', () => socket.terminate())
    socket.on('message', (data, binary) => socket.send(data, { binary }))
  })
  await new Promise((resolve) => server.on('listening', resolve))
  return server.address().port
}

process.on('message', (question) => {
  if (question === 'collect') for (let time = 0; time < 3; time++) globalThis.gc()
  process.send({ ...process.memoryUsage(), reclaims: reclaims() })
})
process.on('disconnect', () => process.exit(0))
process.send({ port: await (peer === 'ws' ? serveWs() : serveHoldfast()) })
