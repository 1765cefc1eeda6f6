// A session is made of socket and upgrade request, and put into a private set of a class. The request holds its
// headers, its socket and buffers: kilobytes each, which is why this one is noticed.
//
// verdict: leak
// holder: #sessions
import { WebSocketServer } from 'ws'
import { visits } from '../traffic.js'

class Hub {
  #sessions = new Set() // ← holds

  welcome(socket, request) {
    const session = { socket, request, since: performance.now() }
    this.#sessions.add(session)
    socket.on('message', (data) => socket.send(`${session.request.url}: ${data}`))
  }

  get size() {
    return this.#sessions.size
  }
}

const hub = new Hub()
let server

export async function start() {
  server = new WebSocketServer({ port: 0 })
  server.on('connection', (socket, request) => hub.welcome(socket, request))
}

export const round = () => visits(server.address().port, 50)
export const stop = () => server.close()
