/** Clients for the tests of the doctor: they come, say something, hear it again and leave; or they stay until they are told to. */
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { within } from '../../support/deadline.ts'

const AT_ONCE = 25

export async function visit(url: string, count: number): Promise<void> {
  for (let done = 0; done < count; done += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - done) }, () => one(url)))
  }
}

async function one(url: string): Promise<void> {
  const socket = new WebSocket(url)
  await within('a connection', once(socket, 'open'), 30_000)
  socket.send('hello')
  await within('the answer', once(socket, 'message'), 30_000)
  socket.close()
  await within('the end', once(socket, 'close'), 30_000)
}

/** @returns what lets them leave, and resolves when they have */
export async function stay(url: string, count: number): Promise<() => Promise<void>> {
  const sockets = Array.from({ length: count }, () => new WebSocket(url))
  await within('connections', Promise.all(sockets.map((socket) => once(socket, 'open'))), 30_000)
  return async () => {
    const closed = sockets.map((socket) => once(socket, 'close'))
    for (const socket of sockets) socket.close()
    await within('their ends', Promise.all(closed), 30_000)
  }
}
