// The smoke run on one Node version: dist/ as users get it, this Node's own WebSocket as the client, the chat example's
// route, endings from both sides; in the end nothing may be left. Run by scripts/smoke.js; prints one line.
import assert from 'node:assert/strict'
import { createServer } from 'holdfast'
import { addChat } from '../../../examples/chat/chat.js'

const DEADLINE_MS = 15_000
setTimeout(() => {
  console.error(`smoke: not done within ${DEADLINE_MS} ms`)
  process.exit(1)
}, DEADLINE_MS).unref()

const endings = []
const server = createServer({ deflate: true })
addChat(server)
server.route('/echo', {
  message: (connection, message) => {
    connection.send(message)
  },
  close: (_connection, { code, reason, by }) => {
    endings.push({ code, reason, by })
  },
})
server.route('/end', {
  open: (connection) => {
    connection.end({ code: 4002, reason: 'server is done' })
  },
})
await server.listen({ port: 0, host: '127.0.0.1' })
const base = `ws://127.0.0.1:${server.port}`

const echo = await connect('/echo')
for (const text of ['hello', '', 'Grüße 😀'.repeat(20_000)]) assert.equal(await answer(echo, text), text)
const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => index & 255)
assert.deepEqual(new Uint8Array(await answer(echo, bytes)), bytes)
const closed = event(echo, 'close')
echo.close(4001, 'peer is done')
assert.equal((await closed).code, 4001)

const { code, reason } = await event(new WebSocket(`${base}/end`), 'close')
assert.deepEqual({ code, reason }, { code: 4002, reason: 'server is done' })
await event(new WebSocket(`${base}/nowhere`), 'error')

const ada = new WebSocket(`${base}/chat/lobby?name=Ada`)
assert.equal(JSON.parse((await event(ada, 'message')).data).type, 'welcome')
const comes = event(ada, 'message')
const grace = new WebSocket(`${base}/chat/lobby?name=Grace`)
assert.equal(JSON.parse((await event(grace, 'message')).data).here, 2)
assert.equal(JSON.parse((await comes).data).type, 'join')
const heard = event(grace, 'message')
ada.send(JSON.stringify({ type: 'say', text: 'good morning' }))
assert.equal(JSON.parse((await heard).data).text, 'good morning')

const ended = Promise.all([event(ada, 'close'), event(grace, 'close')])
await server.close()
for (const ending of await ended) assert.equal(ending.code, 1001)
assert.deepEqual(endings, [{ code: 4001, reason: 'peer is done', by: 'peer' }])
const { upgrades, accepted, refused, closed: gone, opening, open, draining, closing, sockets } = server.ledger()
assert.deepEqual({ upgrades, accepted, refused, gone }, { upgrades: 5, accepted: 4, refused: 1, gone: 4 })
assert.deepEqual(
  { opening, open, draining, closing, sockets },
  { opening: 0, open: 0, draining: 0, closing: 0, sockets: 0 },
)
assert.equal(server.connections.size, 0)
assert.deepEqual(server.ledger().imbalances, [])
console.log(`smoke: Node ${process.version}: echo, chat, endings from both sides; nothing left`)

function connect(path) {
  const socket = new WebSocket(base + path)
  socket.binaryType = 'arraybuffer'
  return event(socket, 'open').then(() => socket)
}

async function answer(socket, sent) {
  const coming = event(socket, 'message')
  socket.send(sent)
  return (await coming).data
}

function event(target, name) {
  return new Promise((resolve) => target.addEventListener(name, resolve, { once: true }))
}
