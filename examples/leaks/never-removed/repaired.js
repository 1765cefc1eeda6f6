// Repaired: no map. `user` says whose a connection is, and `server.user(name)` finds it while it is open. Who has vanished is
// ended: without the line idleTimeoutMs after a minute, here after two seconds, so that one can watch.
import { createServer } from 'holdfast'
import { admin } from 'holdfast/admin'
import { runAlone } from '../alone.js'

export async function start(port, adminPort = 0) {
  const server = createServer({ idleTimeoutMs: 2_000, closeTimeoutMs: 1_000 })
  server.route('/', {
    upgrade: ({ headers }) => ({ name: headers.get('cookie') }),
    user: (connection) => connection.data.name,
    hold(connection) {
      connection.scope.every(60_000, () => connection.send('tick'), 'tick')
    },
    message: (connection, message) => server.user(connection.data.name).send(message),
  })
  await server.listen({ port })
  const look = await admin(server, { port: adminPort })
  return { port: server.port, adminPort: look.port, stop: () => server.close() }
}

await runAlone(import.meta.url, start)
