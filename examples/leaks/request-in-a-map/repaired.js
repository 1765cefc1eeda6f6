// Repaired: no map. What is to outlive the request is returned from `upgrade`, and is `connection.data` until the connection
// has ended.
import { createServer } from 'holdfast'
import { admin } from 'holdfast/admin'
import { runAlone } from '../alone.js'

export async function start(port, adminPort = 0) {
  const server = createServer()
  server.route('/', {
    upgrade(request) {
      return { user: request.headers.get('cookie') }
    },
    message(connection) {
      connection.send(`hello ${connection.data.user}`)
    },
  })
  await server.listen({ port })
  const look = await admin(server, { port: adminPort })
  return { port: server.port, adminPort: look.port, stop: () => server.close() }
}

await runAlone(import.meta.url, start)
