// Sockets in an array, and the filter that takes them out compares the wrong thing, so that it takes out nothing.
//
// verdict: leak
// holder: connected
import { createServer } from 'node:http'
import { Server } from '../peers.js'
import { socketIoVisits } from '../traffic.js'

const http = createServer()
const io = new Server(http)
let connected = [] // ← holds

io.on('connection', (socket) => {
  connected.push(socket)
  socket.on('hello', (answer) => answer(connected.length))
  socket.on('disconnect', () => {
    connected = connected.filter(({ id }) => id !== socket)
  })
})

export const start = () => new Promise((resolve) => http.listen(0, '127.0.0.1', resolve))
export const round = () => socketIoVisits(http.address().port, 25)
export const stop = () => io.close()
