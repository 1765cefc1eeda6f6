// Repaired: the handler passes its signal to what it waits for. The signal aborts when the connection ends, or when
// handlerTimeoutMs has passed; then the wait is over, and the handler with it.
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
    async message(connection, message, { signal }) {
      const [answer] = await once(backend, `answer ${++questions}`, { signal })
      connection.send(`${message}: ${answer}`)
    },
  })
  await server.listen({ port })
  const look = await admin(server, { port: adminPort })
  return { port: server.port, adminPort: look.port, stop: () => server.close() }
}

await runAlone(import.meta.url, start)
