// Peer "holdfast": this project as a user would run it, everything switched on at its defaults (heartbeat, limits,
// ledger, scopes, deadlines). Ends when the benchmark ends its process. Never sets an option that a user would not.
// Imported by path and not as 'holdfast': bench/ has a package.json of its own, so the self-reference ends there.
import { createServer } from '../../dist/index.js'

const server = createServer({ origins: 'any' })

server.route('/echo', {
  message(connection, message) {
    connection.send(message)
  },
})

server.route('/fan', {
  open(connection) {
    connection.join('fan')
  },
  message(connection, message) {
    connection.room('fan').publish(message)
  },
})

await server.listen({ port: 0, host: '127.0.0.1' })
console.log(JSON.stringify({ port: server.port ?? server.address()?.port }))
