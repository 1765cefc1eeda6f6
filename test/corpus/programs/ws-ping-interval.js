// A ping every half minute for each socket, as in the README of many libraries, without the `clearInterval`. The
// function has no name, so that its line is all there is.
//
// verdict: leak
// holder: setInterval
import { WebSocketServer } from 'ws'
import { visits } from '../traffic.js'

let server

export async function start() {
  server = new WebSocketServer({ port: 0 })
  server.on('connection', (socket) => {
    socket.isAlive = true
    socket.on('pong', () => {
      socket.isAlive = true
    })
    // ↓ holds
    setInterval(() => {
      if (!socket.isAlive) return socket.terminate()
      socket.isAlive = false
      socket.ping()
    }, 1_800_000)
  })
}

export const round = () => visits(server.address().port, 50)
export const stop = () => server.close()
