// A server on ws that the soak is tried on, as JavaScript, so that any Node runs it as it is. Arguments: mode, bytes. Says its port in
// the first line. Ends with its standard input.
//
//   leak      keeps a Buffer of so many bytes of each connection
//   string    keeps that many characters of text of each, on the heap
//   repaired  keeps it while the connection is open
//   cache     keeps it of the last 300 connections
//   late      keeps it for so many milliseconds (third argument) after the end
//   silent    repaired, and ends clients that do not answer a ping within so many milliseconds (third argument)
//   full      refuses whoever comes with 503
//   crash     ends after 500 connections
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'

const [mode = 'repaired', size = '4096', wait = '1000'] = process.argv.slice(2)
const bytes = Number(size)
const kept = new Map()
let visitors = 0

const textOf = () => Buffer.alloc(bytes, 97 + (visitors % 26)).toString('latin1')

function remember(socket) {
  const id = visitors++
  kept.set(id, mode === 'string' ? textOf() : Buffer.alloc(bytes, 1))
  if (mode === 'cache') kept.delete(id - 300)
  if (mode === 'repaired' || mode === 'silent') socket.on('close', () => kept.delete(id))
  if (mode === 'late') socket.on('close', () => setTimeout(() => kept.delete(id), Number(wait)))
  if (mode === 'crash' && id > 500) process.exit(3)
}

const server = createServer((_, response) => response.end('not here\n'))
const sockets = new WebSocketServer({ noServer: true })
server.on('upgrade', (request, socket, head) => {
  socket.on('error', () => {})
  if (mode === 'full') socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n')
  else sockets.handleUpgrade(request, socket, head, (peer) => sockets.emit('connection', peer))
})
sockets.on('connection', (socket) => {
  remember(socket)
  socket.on('error', () => {})
  socket.on('message', (message, isBinary) => socket.send(message, { binary: isBinary }))
  if (mode === 'silent') watch(socket)
})

function watch(socket) {
  let answered = true
  socket.on('pong', () => {
    answered = true
  })
  const timer = setInterval(() => {
    if (!answered) socket.terminate()
    answered = false
    socket.ping()
  }, Number(wait))
  socket.on('close', () => clearInterval(timer))
}

server.listen(0, '127.0.0.1', () => console.log(server.address().port))
process.stdin.on('end', () => process.exit(0)).resume()
