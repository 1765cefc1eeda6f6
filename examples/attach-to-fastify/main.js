// Holdfast beside Fastify: Fastify answers the pages, Holdfast takes the upgrades, on one port.
import { fileURLToPath } from 'node:url'
import Fastify from 'fastify'
import { createServer } from 'holdfast'

/** Starts on a port (0: a free one). Returns the port, and how to stop. */
export async function start(port) {
  const app = Fastify()
  const server = createServer()

  app.get('/', () => ({ members: server.room('news').size }))
  // An ordinary request can speak to everybody in a room.
  app.post('/news', (request, reply) => {
    server.room('news').publish(request.body)
    return reply.code(202).send()
  })

  server.route('/news', {
    open(connection) {
      connection.join('news')
    },
  })
  server.attach(app.server)
  // Fastify's own close waits for its HTTP server, and that for every socket: connections end before it, not after.
  app.addHook('preClose', () => server.close())

  await app.listen({ port })
  const stop = () => app.close()
  // Connections first, over drainWindowMs, while Fastify answers as before; then Fastify with its hooks.
  const drain = () => server.drain().then(stop)
  return { port: app.server.address().port, stop, drain }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { port, drain } = await start(Number(process.env.PORT ?? 8080))
  console.log(`http://localhost:${port}/   ws://localhost:${port}/news   POST text to http://localhost:${port}/news`)
  process.once('SIGINT', drain)
  process.once('SIGTERM', drain)
}
