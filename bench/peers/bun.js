// Peer "bun": Bun's own server (uWebSockets, C++), run by the Bun that bench/package.json names. Ends when the benchmark ends
// its process. Fan-out is its native publish from the server, which reaches the publisher too.
const { Bun } = globalThis

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch(request, host) {
    const fan = new URL(request.url).pathname === '/fan'
    return host.upgrade(request, { data: { fan } }) ? undefined : new Response('upgrade', { status: 426 })
  },
  websocket: {
    perMessageDeflate: false,
    open(socket) {
      if (socket.data.fan) socket.subscribe('fan')
    },
    message(socket, message) {
      if (socket.data.fan) server.publish('fan', message)
      else socket.send(message)
    },
  },
})

console.log(JSON.stringify({ port: server.port, version: Bun.version }))
