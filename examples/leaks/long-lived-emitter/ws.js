// The usual code on ws: each connection listens to an emitter that outlives it, and has a timer. Nobody takes the listener off
// and nobody stops the timer, so the socket stays reachable, and each price is sent to those who have left.
import { EventEmitter, once } from 'node:events'
import { WebSocketServer } from 'ws'
import { runAlone } from '../alone.js'

const prices = new EventEmitter().setMaxListeners(0)

export async function start(port) {
  const wss = new WebSocketServer({ port })
  wss.on('connection', (socket) => {
    prices.on('price', (price) => socket.send(String(price)))
    setInterval(() => socket.send('tick'), 60_000).unref()
    socket.on('error', () => {})
  })
  await once(wss, 'listening')
  return {
    port: wss.address().port,
    stop() {
      wss.close()
      for (const socket of wss.clients) socket.terminate()
    },
  }
}

await runAlone(import.meta.url, start)
