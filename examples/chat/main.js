// The chat example: a page, a chat, a fan-out and an echo under one ordinary HTTP server.
//
//   npm start                      (or: node examples/chat/main.js --port 8080)
//
// Runs until SIGINT or SIGTERM; then every connection is told when to come back, and the process exits with 0. A second
// signal ends it at once.
import { createServer as createHttpServer } from 'node:http'
import { parseArgs } from 'node:util'
import { createServer, drainOnSignal } from 'holdfast'
import { addChat } from './chat.js'
import { servePage } from './page.js'

const MIB = 1024 * 1024

const { port, host } = readArguments()
const pages = createHttpServer(servePage)
// Nobody else serves these clients meanwhile, so there is no storm to spread: a short window, and the chat is back soon.
const server = createServer({ drainWindowMs: 500, drainTimeoutMs: 10_000 })
addChat(server)
// Each message goes to every connection of this path, the sender included.
server.route('/fan', {
  open(connection) {
    connection.join('fan')
  },
  message(connection, message) {
    connection.room('fan').publish(message)
  },
})
// The echo is there for load generators and test suites to be pointed at; some of them send 16 MiB in 64-byte fragments.
server.route('/echo', {
  deflate: true,
  messageBytesMax: 16 * MIB,
  outboxBytesMax: 64 * MIB,
  fragmentsMax: 500_000,
  message(connection, message) {
    connection.send(message)
  },
})
server.attach(pages)

pages.on('error', listenOnError)
pages.listen({ port, host }, () => {
  const at = `localhost:${pages.address().port}`
  console.log(`page  http://${at}/           (open it in two tabs)`)
  console.log(`chat  ws://${at}/chat/:room   (with ?name=…)`)
  console.log(`fan   ws://${at}/fan          (each message goes to all who are there)`)
  console.log(`echo  ws://${at}/echo`)
})
drainOnSignal(server, { httpServer: pages, signals: ['SIGTERM', 'SIGINT'] })

function listenOnError(error) {
  const why =
    error.code === 'EADDRINUSE' ? `is in use: stop what listens there, or choose another with --port` : error.message
  console.error(`port ${port} ${why}`)
  process.exitCode = 1
  void server.close()
}

function readArguments() {
  const options = { port: { type: 'string' }, host: { type: 'string' } }
  try {
    const { values } = parseArgs({ options })
    const text = values.port ?? process.env.PORT ?? '8080'
    if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
      throw new Error(`port ${text}: a number from 0 to 65535 is wanted`)
    return { port: Number(text), host: values.host ?? process.env.HOST }
  } catch (error) {
    console.error(`${error.message} (usage: npm start -- [--port 8080] [--host 127.0.0.1])`)
    process.exit(1)
  }
}
