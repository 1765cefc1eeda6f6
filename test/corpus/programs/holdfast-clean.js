// The repaired twin of those with Holdfast: the map is emptied, timers and listeners are in the scope of the
// connection, the room is Holdfast's own.
//
// verdict: harmless
import { EventEmitter } from 'node:events'
import { createServer } from 'holdfast'
import { visits } from '../traffic.js'

const online = new Map()
const prices = new EventEmitter().setMaxListeners(0)
const server = createServer()

server.route('/room/:room', {
  open(connection) {
    online.set(connection.id, connection)
    connection.join(connection.params.room)
    connection.scope.listen(prices, 'price', (price) => connection.send(`${price}`))
    connection.scope.every(600_000, () => connection.send('tick'))
  },
  message: (connection, message) => connection.room(connection.params.room).publish(message),
  close: (connection) => online.delete(connection.id),
})

export const start = () => server.listen({ port: 0 })
export const round = () => visits(server.port, 50)
export const stop = () => server.close()
