// The same mistake with Holdfast. It goes on without the handler: its signal aborts when the client has left or
// handlerTimeoutMs has passed, closeTimeoutMs later the connection has closed. But a waiting function cannot be ended by anybody
// else. It keeps what it uses: the message, and of the connection an id, an ending and a few numbers.
import { EventEmitter, once } from 'node:events'
import { createServer } from 'holdfast'
import { admin } from 'holdfast/admin'
import { runAlone } from '../alone.js'

const backend = new EventEmitter().setMaxListeners(0)
let questions = 0

export async function start(port, adminPort = 0) {
  // 30 and 5 seconds by default; shorter, so that one can watch.
  const server = createServer({ handlerTimeoutMs: 500, closeTimeoutMs: 500 })
  server.on('error', () => {})
  server.route('/', {
    async message(connection, message) {
      const [answer] = await once(backend, `answer ${++questions}`)
      connection.send(`${message}: ${answer}`)
    },
  })
  await server.listen({ port })
  const look = await admin(server, { port: adminPort })
  return { port: server.port, adminPort: look.port, stop: () => server.close() }
}

await runAlone(import.meta.url, start)
