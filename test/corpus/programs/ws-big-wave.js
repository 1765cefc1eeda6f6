// Many came at once, in the beginning, and have gone. Tables and pools have grown to that size and stay so; with the
// usual number of visitors nothing is added. The most frequent false alarm.
//
// verdict: harmless
import { WebSocketServer } from 'ws'
import { visits } from '../traffic.js'

const sockets = new Set()
const bytesOf = new Map()
let server

export async function start() {
  server = new WebSocketServer({ port: 0 })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('message', (data) => bytesOf.set(socket, data.length))
    socket.on('close', () => {
      sockets.delete(socket)
      bytesOf.delete(socket)
    })
  })
  await visits(server.address().port, 500)
}

export const round = () => visits(server.address().port, 20)
export const stop = () => server.close()
