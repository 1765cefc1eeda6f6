// A server on Socket.IO that the soak is tried on. Arguments: `leak` or `repaired`, bytes. It keeps an array of so many bytes of each
// connection: for ever, or until it disconnects. Says its port in the first line. Ends with its standard input.
import { createServer } from 'node:http'
import { createRequire } from 'node:module'

const { Server } = createRequire(new URL('../../peers/package.json', import.meta.url))('socket.io')
const [mode = 'repaired', size = '4096'] = process.argv.slice(2)
const history = new Map()
const server = createServer()
const io = new Server(server)

io.on('connection', (socket) => {
  history.set(socket.id, new Uint8Array(Number(size)))
  socket.on('message', (text) => socket.emit('message', text))
  if (mode === 'repaired') socket.on('disconnect', () => history.delete(socket.id))
})

server.listen(0, '127.0.0.1', () => console.log(server.address().port))
process.stdin.on('end', () => process.exit(0)).resume()
