// What could not be sent waits for the user to come back. Users come back with a new name, so that it waits for ever.
// Seen in chat servers with "offline messages" in memory.
//
// verdict: leak
// holder: waiting
import { WebSocketServer } from 'ws'
import { visits } from '../traffic.js'

class Mailbox {
  constructor() {
    this.waiting = new Map() // ← holds
  }

  deliver(user, socket, message) {
    if (socket.readyState === socket.OPEN) return socket.send(message.text)
    const queue = this.waiting.get(user) ?? []
    queue.push(message)
    this.waiting.set(user, queue)
  }
}

const mailbox = new Mailbox()
let users = 0
let server

export async function start() {
  server = new WebSocketServer({ port: 0 })
  server.on('connection', (socket) => {
    const user = `user-${++users}`
    socket.on('close', () => mailbox.deliver(user, socket, { text: 'you missed this', at: new Date() }))
  })
}

export const round = () => visits(server.address().port, 50)
export const stop = () => server.close()
