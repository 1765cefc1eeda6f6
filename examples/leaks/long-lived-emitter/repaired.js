// Repaired: in the scope of the connection, and in `hold`, so that it is there again when the connection has moved to another
// process. It is gone when the connection is; nobody has to remember.
import { EventEmitter } from 'node:events'
import { createServer } from 'holdfast'
import { admin } from 'holdfast/admin'
import { runAlone } from '../alone.js'

const prices = new EventEmitter().setMaxListeners(0)

export async function start(port, adminPort = 0) {
  const server = createServer()
  server.route('/', {
    hold(connection) {
      connection.scope.listen(prices, 'price', (price) => connection.send(String(price)))
      connection.scope.every(60_000, () => connection.send('tick'), 'tick')
    },
  })
  await server.listen({ port })
  const look = await admin(server, { port: adminPort })
  return { port: server.port, adminPort: look.port, stop: () => server.close() }
}

await runAlone(import.meta.url, start)
