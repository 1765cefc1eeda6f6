// Each socket listens to the emitter of the shop; `socket.removeAllListeners()` at the end removes those of the
// socket, not these.
//
// verdict: leak
// holder: shop
// event: sold
import EventEmitter from 'node:events'
import { createServer } from 'node:http'
import { Server } from '../peers.js'
import { socketIoVisits } from '../traffic.js'

const http = createServer()
const io = new Server(http)
const shop = new EventEmitter() // ← holds
shop.setMaxListeners(Number.POSITIVE_INFINITY)

io.on('connection', (socket) => {
  shop.on('sold', function onSold(item) {
    socket.emit('sold', item)
  })
  socket.on('hello', (answer) => answer('welcome'))
  socket.on('disconnect', () => socket.removeAllListeners())
})

export const start = () => new Promise((resolve) => http.listen(0, '127.0.0.1', resolve))
export const round = () => socketIoVisits(http.address().port, 25)
export const stop = () => io.close()
