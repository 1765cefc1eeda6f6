// The usual code on ws: a handler asks somebody and waits for the answer. It does not come, and the handler waits for ever,
// with the socket and the message, long after the client has gone.
import { EventEmitter, once } from 'node:events'
import { WebSocketServer } from 'ws'
import { runAlone } from '../alone.js'

// Stands for a queue or a service; this one never answers.
const backend = new EventEmitter().setMaxListeners(0)
let questions = 0

export async function start(port) {
  const wss = new WebSocketServer({ port })
  wss.on('connection', (socket) => {
    socket.on('error', () => {})
    socket.on('message', async (data) => {
      const [answer] = await once(backend, `answer ${++questions}`)
      socket.send(`${data}: ${answer}`)
    })
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
