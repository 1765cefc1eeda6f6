// The app of scripts/screenshots.js: a chat, prices, notifications and an upload that takes its time. Kept alive by nothing but its connections, but
// for one map that forgets nobody, so that there is something to see in the census.
import { createServer } from 'holdfast'

const server = createServer({ drainWindowMs: 1_000, drainTimeoutMs: 3_000, upgradesPerSecondMax: 400 })
const kept = new Map()

server.route('/chat/:room', {
  open: (connection) => void connection.join(connection.params.room),
  message: (connection, message) => void connection.room(connection.params.room).publish(message),
})
server.route('/prices', {
  hold: (connection) => void connection.scope.every(1_000, () => connection.send('{"EUR":1.0842}'), 'next price'),
})
server.route('/notifications', {
  open: (connection) => {
    if (kept.size < 40) kept.set(connection.id, connection)
  },
})
server.route('/upload', {
  handlerTimeoutMs: 4_000,
  async message(connection, message) {
    await new Promise((resolve) => setTimeout(resolve, 500 + message.length * 40))
    connection.send('stored')
  },
})

// biome-ignore lint/style/noDefaultExport: `holdfast run` takes the default export
export default server
