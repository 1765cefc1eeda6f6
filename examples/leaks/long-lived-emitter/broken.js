// The same mistake with Holdfast: what belongs to a connection is put into the scope of the server, which lives as long as the
// server. Each callback keeps its connection, though only an id, an ending and a few numbers of it; `send()` returns 'ended'.
// With `prices.on(…)` and `setInterval(…)` it would be the same, but /debug/work could not see it: it lists what is in scopes.
import { EventEmitter } from 'node:events'
import { createServer } from 'holdfast'
import { admin } from 'holdfast/admin'
import { runAlone } from '../alone.js'

const prices = new EventEmitter().setMaxListeners(0)

export async function start(port, adminPort = 0) {
  const server = createServer()
  server.route('/', {
    open(connection) {
      server.scope.listen(prices, 'price', (price) => connection.send(String(price)))
      server.scope.every(60_000, () => connection.send('tick'), 'tick')
    },
  })
  await server.listen({ port })
  const look = await admin(server, { port: adminPort })
  return { port: server.port, adminPort: look.port, stop: () => server.close() }
}

await runAlone(import.meta.url, start)
