// The repaired twin of those with `ws`: one interval for all sockets, a set that is emptied, a listener that is
// removed.
//
// verdict: harmless
import { EventEmitter } from 'node:events'
import { WebSocketServer } from 'ws'
import { visits } from '../traffic.js'

const sockets = new Set()
const bus = new EventEmitter().setMaxListeners(0)
let server
let pings

export async function start() {
  server = new WebSocketServer({ port: 0 })
  pings = setInterval(() => {
    for (const socket of sockets) socket.ping()
  }, 30_000)
  server.on('connection', (socket) => {
    const forward = (text) => socket.send(text)
    sockets.add(socket)
    bus.on('broadcast', forward)
    socket.on('message', (data) => bus.emit('broadcast', String(data)))
    socket.on('close', () => {
      sockets.delete(socket)
      bus.off('broadcast', forward)
    })
  })
}

export const round = () => visits(server.address().port, 50)
export function stop() {
  clearInterval(pings)
  server.close()
}
