// Each connection listens to the prices, and goes on listening when it has gone: with `connection.scope.listen` it
// would not. Node warns of it once, after the eleventh; here, as in the places where it was seen, somebody has
// switched that off.
//
// verdict: leak
// holder: prices
// event: price
import { EventEmitter } from 'node:events'
import { createServer } from 'holdfast'
import { visits } from '../traffic.js'

const prices = new EventEmitter() // ← holds
prices.setMaxListeners(0)
const server = createServer()

server.route('/room/:room', {
  open(connection) {
    prices.on('price', (price) => connection.send(`${price}`))
  },
})

export const start = () => server.listen({ port: 0 })
export const round = () => visits(server.port, 50)
export const stop = () => server.close()
