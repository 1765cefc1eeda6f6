// Sockets talk to each other over an emitter of the process; each adds a listener, and none removes it.
//
// verdict: leak
// holder: bus
// event: broadcast
import { EventEmitter } from 'node:events'
import { WebSocketServer } from 'ws'
import { visits } from '../traffic.js'

class Bus extends EventEmitter {}

const bus = new Bus({ captureRejections: false }) // ← holds
bus.setMaxListeners(100_000)
let server

export async function start() {
  server = new WebSocketServer({ port: 0 })
  server.on('connection', (socket) => {
    const forward = (text) => socket.readyState === socket.OPEN && socket.send(text)
    bus.on('broadcast', forward)
    socket.on('message', (data) => bus.emit('broadcast', String(data)))
  })
}

export const round = () => visits(server.address().port, 25)
export const stop = () => server.close()
