// A table with an entry for each room name, where the name is made of the number of a message: rooms come and go, the
// table stays. Seen as "rooms" named after orders, tickets, documents.
//
// verdict: leak
// holder: lastMessageOf
import { createServer } from 'holdfast'
import { visits } from '../traffic.js'

const lastMessageOf = {} // ← holds
let orders = 0
const server = createServer()

server.route('/room/:room', {
  message(connection, message) {
    const room = `order-${++orders}`
    connection.join(room)
    lastMessageOf[room] = { message, at: Date.now() }
    connection.room(room).publish(message)
  },
})

export const start = () => server.listen({ port: 0 })
export const round = () => visits(server.port, 50)
export const stop = () => server.close()
