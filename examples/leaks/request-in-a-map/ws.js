// The usual code on ws: what is known of a request is kept in a map of the whole process, and nobody takes it out.
// Each entry keeps the request, and the request keeps its socket, its parser and its headers.
import { once } from 'node:events'
import { WebSocketServer } from 'ws'
import { runAlone } from '../alone.js'

const contexts = new Map()
let requests = 0

export async function start(port) {
  const wss = new WebSocketServer({ port })
  wss.on('connection', (socket, request) => {
    const id = ++requests
    contexts.set(id, { request, user: request.headers.cookie })
    socket.on('error', () => {})
    socket.on('message', () => socket.send(`hello ${contexts.get(id).user}`))
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
