// Connections are put into a map when they open, and nobody takes them out. The most frequent leak of WebSocket
// servers; with Holdfast what stays of each is an id, an ending and a few numbers.
//
// verdict: leak
// holder: online
import { createServer } from 'holdfast'
import { visits } from '../traffic.js'

const online = new Map() // ← holds
const server = createServer()

server.route('/room/:room', {
  open(connection) {
    online.set(connection.id, connection)
  },
  message(connection, message) {
    online.get(connection.id).send(message)
  },
})

export const start = () => server.listen({ port: 0 })
export const round = () => visits(server.port, 50)
export const stop = () => server.close()
