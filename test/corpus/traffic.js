// The clients of the programs: each comes, says something, leaves, and is waited for. They are in the process of the server, and
// leave nothing in it. All end with the function that made them; every wait has a deadline.
import { once } from 'node:events'
import { get } from 'node:http'
import { WebSocket } from 'ws'

const AT_ONCE = 25
const DEADLINE_MS = 20_000

/**
 * WebSocket clients that each send the messages, wait until they have been read, and leave.
 * @param {number} port
 * @param {number} count
 * @param {string[]} messages
 */
export async function visits(port, count, messages = ['hello']) {
  await inTurn(count, async (number) => {
    const signal = AbortSignal.timeout(DEADLINE_MS)
    const socket = new WebSocket(`ws://127.0.0.1:${port}/room/${number % 5}?visitor=${number}`)
    await once(socket, 'open', { signal })
    for (const message of messages) socket.send(message)
    socket.ping()
    await once(socket, 'pong', { signal })
    socket.close()
    await once(socket, 'close', { signal })
  })
}

/**
 * Clients of Socket.IO, version 4 of its protocol, that send one event and leave.
 * @param {number} port
 * @param {number} count
 * @param {(number: number) => unknown[]} event its name and arguments
 */
export async function socketIoVisits(port, count, event = () => ['hello']) {
  await inTurn(count, async (number) => {
    const signal = AbortSignal.timeout(DEADLINE_MS)
    const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`)
    await once(socket, 'message', { signal })
    socket.send('40')
    await once(socket, 'message', { signal })
    // The answer to an event with a number (here 1) is 43 and that number.
    const answered = once(socket, 'message', { signal })
    socket.send(`421${JSON.stringify(event(number))}`)
    await answered
    socket.close()
    await once(socket, 'close', { signal })
  })
}

/**
 * HTTP requests, each on a connection of its own.
 * @param {number} port
 * @param {number} count
 * @param {(number: number) => string} path
 */
export async function requests(port, count, path = () => '/') {
  await inTurn(count, async (number) => {
    const signal = AbortSignal.timeout(DEADLINE_MS)
    const request = get({ host: '127.0.0.1', port, path: path(number), agent: false, signal })
    const [response] = await once(request, 'response', { signal })
    response.resume()
    await once(response, 'close', { signal })
  })
}

async function inTurn(count, one) {
  for (let from = 0; from < count; from += AT_ONCE) {
    const length = Math.min(AT_ONCE, count - from)
    await Promise.all(Array.from({ length }, (_, index) => one(from + index)))
  }
}
