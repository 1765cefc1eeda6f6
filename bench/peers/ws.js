// Peer "ws": the plain server of its README, without the heartbeat, limits and bookkeeping that Holdfast has switched on.
// Ends when the benchmark ends its process. Fan-out is the loop over `clients` that its documentation recommends.
import { createRequire } from 'node:module'
import { WebSocketServer } from 'ws'

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', backlog: 4096 })

server.on('connection', (socket, request) => {
  socket.on('error', () => socket.terminate())
  if (request.url === '/fan') {
    socket.on('message', (data, binary) => {
      for (const client of server.clients) client.send(data, { binary })
    })
  } else {
    socket.on('message', (data, binary) => socket.send(data, { binary }))
  }
})

server.on('listening', () => {
  const { version } = createRequire(import.meta.url)('ws/package.json')
  console.log(JSON.stringify({ port: server.address().port, version }))
})
