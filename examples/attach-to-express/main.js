// Holdfast beside Express: Express answers the pages, Holdfast takes the upgrades, on one port.
import { fileURLToPath } from 'node:url'
import express from 'express'
import { createServer, drainOnSignal } from 'holdfast'

/** Starts on a port (0: a free one). Returns the port, and how to stop. */
export async function start(port) {
  const app = express()
  const server = createServer()

  app.get('/', (_request, response) => {
    response.json({ members: server.room('news').size })
  })
  // An ordinary request can speak to everybody in a room.
  app.post('/news', express.text(), (request, response) => {
    server.room('news').publish(request.body)
    response.sendStatus(202)
  })

  server.route('/news', {
    open(connection) {
      connection.join('news')
    },
  })

  const http = await new Promise((resolve, reject) => {
    const listener = app.listen(port, (error) => (error ? reject(error) : resolve(listener)))
  })
  server.attach(http)

  // SIGTERM: connections are drained, pages are answered meanwhile, then both end.
  drainOnSignal(server, { httpServer: http, signals: ['SIGTERM', 'SIGINT'] })

  return {
    port: http.address().port,
    async stop() {
      http.close()
      await server.close()
      http.closeAllConnections()
    },
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { port } = await start(Number(process.env.PORT ?? 8080))
  console.log(`http://localhost:${port}/   ws://localhost:${port}/news   POST text to http://localhost:${port}/news`)
}
