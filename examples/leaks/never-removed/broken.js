// The same mistakes with Holdfast. Who has left stays in the map, but as an id, an ending and a few numbers: the socket, the
// buffers and the data have gone. Who has vanished stays for a day, because idleTimeoutMs was raised to its most ("the phones
// kept losing their connection"). Left alone, it would have been ended after a minute.
import { createServer } from 'holdfast'
import { admin } from 'holdfast/admin'
import { runAlone } from '../alone.js'

const people = new Map()

export async function start(port, adminPort = 0) {
  const server = createServer({ idleTimeoutMs: 86_400_000 })
  server.route('/', {
    upgrade: ({ headers }) => ({ name: headers.get('cookie') }),
    open(connection) {
      people.set(connection.data.name, connection)
      connection.scope.every(60_000, () => connection.send('tick'), 'tick')
    },
    message: (connection, message) => people.get(connection.data.name).send(message),
  })
  await server.listen({ port })
  const look = await admin(server, { port: adminPort })
  return { port: server.port, adminPort: look.port, stop: () => server.close() }
}

await runAlone(import.meta.url, start)
