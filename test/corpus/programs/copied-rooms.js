// Rooms as arrays that are never changed but copied, so that whoever sends can go through one while others come and go. Who
// leaves is looked for by the wrong property, so that the next copy has them too.
//
// verdict: leak
// holder: #rooms
import { WebSocketServer } from 'ws'
import { visits } from '../traffic.js'

class Rooms {
  #rooms = new Map() // ← holds

  join(name, member) {
    this.#rooms.set(name, [...(this.#rooms.get(name) ?? []), member])
  }

  leave(name, member) {
    this.#rooms.set(
      name,
      this.#rooms.get(name).filter(({ id }) => id !== member.name),
    )
  }

  *in(name) {
    yield* this.#rooms.get(name) ?? []
  }
}

const rooms = new Rooms()
let server
let ids = 0

export async function start() {
  server = new WebSocketServer({ port: 0 })
  server.on('connection', (socket, { url }) => {
    const name = url.split('?')[0]
    const member = { id: ++ids, socket, joinedAt: Date.now() }
    rooms.join(name, member)
    socket.on('message', (data) => {
      for (const { socket } of rooms.in(name)) if (socket.readyState === socket.OPEN) socket.send(data)
    })
    socket.on('close', () => rooms.leave(name, member))
  })
}

export const round = () => visits(server.address().port, 30)
export const stop = () => server.close()
