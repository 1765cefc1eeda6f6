// A program of several modules: presence is a class that extends `Map`, and its one instance is exported by a module of its
// own. Who leaves is marked as offline, and never taken out.
//
// verdict: leak
// holder: presence
import { WebSocketServer } from 'ws'
import { visits } from '../traffic.js'
import { presence } from './presence-exported/presence.js'

let server
let users = 0

export async function start() {
  server = new WebSocketServer({ port: 0 })
  server.on('connection', (socket) => {
    const user = `user:${++users}`
    presence.arrive(user, { device: 'web', since: new Date() })
    socket.on('message', () => socket.send(JSON.stringify(presence.online())))
    socket.on('close', () => presence.leave(user))
  })
}

export const round = () => visits(server.address().port, 50)
export const stop = () => server.close()
