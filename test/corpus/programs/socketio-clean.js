// Socket.IO as it should be: its own rooms, a table that is emptied with the last player.
//
// verdict: harmless
import { createServer } from 'node:http'
import { Server } from '../peers.js'
import { socketIoVisits } from '../traffic.js'

const http = createServer()
const io = new Server(http)
const rooms = new Map()
let number = 0

io.on('connection', (socket) => {
  socket.on('join', (_player, answer) => {
    const room = `game ${++number}`
    rooms.set(room, new Set([socket]))
    socket.join(room)
    socket.on('disconnect', () => {
      rooms.get(room).delete(socket)
      if (rooms.get(room).size === 0) rooms.delete(room)
    })
    answer(room)
  })
})

export const start = () => new Promise((resolve) => http.listen(0, '127.0.0.1', resolve))
export const round = () => socketIoVisits(http.address().port, 25, (index) => ['join', { player: index }])
export const stop = () => io.close()
