// A server on ws that the doctor is tried on, as JavaScript, so that any Node runs it. Argument: `broken` never forgets who was here, `repaired`
// does, `twice` has a timer for each as well. Says its port in the first line. Ends with its standard input.
import { WebSocketServer } from 'ws'

const clients = new Map()
const isTwice = process.argv[2] === 'twice'
const isBroken = isTwice || process.argv[2] === 'broken'
let visitors = 0

const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
server.on('connection', (socket) => {
  const visitor = ++visitors
  clients.set(visitor, socket)
  if (isTwice) setInterval(() => socket.ping(), 600_000)
  socket.on('error', () => {})
  socket.on('message', (message) => socket.send(String(message)))
  if (!isBroken) socket.on('close', () => clients.delete(visitor))
})
server.on('listening', () => console.log(server.address().port))
process.stdin.on('end', () => process.exit(0)).resume()
