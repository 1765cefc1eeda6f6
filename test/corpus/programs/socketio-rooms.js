// An application's own table of rooms: who leaves is taken out of the room, the empty room stays.
//
// verdict: leak
// holder: rooms
import { createServer } from 'node:http'
import { Server } from '../peers.js'
import { socketIoVisits } from '../traffic.js'

const http = createServer()
const io = new Server(http)
const games = {
  name: 'chess',
  rooms: {}, // ← holds
}
let number = 0

io.on('connection', (socket) => {
  socket.on('join', (_player, answer) => {
    const room = `game ${++number}`
    games.rooms[room] ??= { room, players: new Set(), board: Array(64).fill(null) }
    games.rooms[room].players.add(socket)
    socket.join(room)
    socket.on('disconnect', () => games.rooms[room].players.delete(socket))
    answer(room)
  })
})

export const start = () => new Promise((resolve) => http.listen(0, '127.0.0.1', resolve))
export const round = () => socketIoVisits(http.address().port, 25, (index) => ['join', { player: index }])
export const stop = () => io.close()
