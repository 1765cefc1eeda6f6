// The usual code on ws: a map of who is here. Nobody takes out who has left, and nobody ends who has vanished: without a
// heartbeat such a connection is open for ever, with its socket and its timer.
import { once } from 'node:events'
import { WebSocketServer } from 'ws'
import { runAlone } from '../alone.js'

const people = new Map()

export async function start(port) {
  const wss = new WebSocketServer({ port })
  wss.on('connection', (socket, request) => {
    const name = request.headers.cookie
    people.set(name, socket)
    const timer = setInterval(() => socket.send('tick'), 60_000)
    socket.on('error', () => {})
    socket.on('close', () => clearInterval(timer))
    socket.on('message', (data) => people.get(name).send(String(data)))
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
