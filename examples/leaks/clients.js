// Clients that come and go: each connects, says something, and leaves.
//
//   node examples/leaks/clients.js ws://localhost:8080/ [--count 200] [--vanish 100]
//
// Those that vanish do so without a word, as a phone in a tunnel does: their sockets stay, and answer nothing, not even a ping.
// They last as long as this program, so it then waits for Ctrl-C.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { WebSocket } from 'ws'

const AT_ONCE = 50
const DEADLINE_MS = 20_000

/**
 * @param {string} url
 * @param {number} count how many
 * @param {number} vanish how many of them vanish
 * @returns {Promise<WebSocket[]>} those that have vanished
 */
export async function comeAndGo(url, count, vanish = 0) {
  const vanished = []
  for (let number = 0; number < count; number += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - number) }, async (_, index) => {
      const stays = number + index < vanish
      const socket = new WebSocket(url, { autoPong: !stays, headers: { cookie: `session=${randomUUID()}` } })
      await says(socket, 'hello')
      if (stays) vanished.push(socket)
      else await leaves(socket)
    })
    await Promise.all(some)
  }
  return vanished
}

/** Sends the text; the pong comes when the server has read it. */
async function says(socket, text) {
  const signal = AbortSignal.timeout(DEADLINE_MS)
  await once(socket, 'open', { signal })
  socket.send(text)
  socket.ping()
  await once(socket, 'pong', { signal })
}

async function leaves(socket) {
  const closed = once(socket, 'close', { signal: AbortSignal.timeout(DEADLINE_MS) })
  socket.close()
  await closed
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    options: { count: { type: 'string', default: '200' }, vanish: { type: 'string', default: '0' } },
    allowPositionals: true,
  })
  const [url = 'ws://localhost:8080/'] = positionals
  const { length } = await comeAndGo(url, Number(values.count), Number(values.vanish))
  console.log(
    `${values.count} came, ${values.count - length} left, ${length} vanished${length > 0 ? ': Ctrl-C ends them' : ''}`,
  )
}
