// The map of clients by name that every tutorial has, and no `close` handler.
//
// verdict: leak
// holder: clients
import { WebSocketServer } from 'ws'
import { visits } from '../traffic.js'

const clients = new Map() // ← holds
let server
let visitors = 0

export async function start() {
  server = new WebSocketServer({ port: 0 })
  server.on('connection', (socket) => {
    const name = `visitor-${++visitors}`
    clients.set(name, socket)
    socket.on('message', (data) => clients.get(name).send(data))
  })
}

export const round = () => visits(server.address().port, 50)
export const stop = () => server.close()
