// The repaired twin of copied-rooms: who leaves is not in the next copy. The rooms are objects of a class, made anew.
//
// verdict: harmless
import { WebSocketServer } from 'ws'
import { visits } from '../traffic.js'

class RoomState {
  constructor(name, members = [], version = 0) {
    Object.assign(this, { name, members, version })
  }

  with(member) {
    return new RoomState(this.name, [...this.members, member], this.version + 1)
  }

  without(member) {
    return new RoomState(
      this.name,
      this.members.filter((one) => one !== member),
      this.version + 1,
    )
  }
}

const rooms = new Map()
let server
let ids = 0

export async function start() {
  server = new WebSocketServer({ port: 0 })
  server.on('connection', (socket, { url }) => {
    const name = url.split('?')[0]
    const member = { id: ++ids, socket, joinedAt: Date.now() }
    rooms.set(name, (rooms.get(name) ?? new RoomState(name)).with(member))
    socket.on('message', (data) => {
      for (const { socket } of rooms.get(name).members) if (socket.readyState === socket.OPEN) socket.send(data)
    })
    socket.on('close', () => rooms.set(name, rooms.get(name).without(member)))
  })
}

export const round = () => visits(server.address().port, 30)
export const stop = () => server.close()
