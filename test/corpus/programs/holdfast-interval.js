// A timer for each connection that nobody clears: `connection.scope.every` would have been gone with the connection.
// What holds is the list of timers of Node; what can be named is the function given to it.
//
// verdict: leak
// holder: tick
// event: setInterval
import { createServer } from 'holdfast'
import { visits } from '../traffic.js'

const server = createServer()

server.route('/room/:room', {
  open(connection) {
    // ↓ holds
    function tick() {
      connection.send(new Date().toISOString())
    }
    setInterval(tick, 600_000)
  },
})

export const start = () => server.listen({ port: 0 })
export const round = () => visits(server.port, 50)
export const stop = () => server.close()
