// The same mistake with Holdfast. The request that is kept has been emptied when it was answered: its socket and its headers are
// gone, and any property of it throws HF_REQUEST_OVER. What was copied out of it stays: that is yours.
import { createServer } from 'holdfast'
import { admin } from 'holdfast/admin'
import { runAlone } from '../alone.js'

const contexts = new Map()
let requests = 0

export async function start(port, adminPort = 0) {
  const server = createServer()
  server.route('/', {
    upgrade(request) {
      const id = ++requests
      contexts.set(id, { request, user: request.headers.get('cookie') })
      return { id }
    },
    message(connection) {
      connection.send(`hello ${contexts.get(connection.data.id).user}`)
    },
  })
  await server.listen({ port })
  const look = await admin(server, { port: adminPort })
  return { port: server.port, adminPort: look.port, stop: () => server.close() }
}

await runAlone(import.meta.url, start)
