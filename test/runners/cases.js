// What is tested in each runner, whichever it is: a server whose connections end, one that keeps them, and where nothing can be judged.
// Of the library as it is installed. Each function is over when its promise settles; what is held on purpose is let go of by `letGo`.
import { once } from 'node:events'
import { createServer } from 'holdfast'
import { expectNoLeaks } from 'holdfast/testing'
import { WebSocket } from 'ws'

const VISITS = 3
const QUICK = { withinMs: 200 }
// What the leaking server keeps. Bounded by VISITS and one session for each test.
const held = []

/** Connections of both routes come and go, one of them with a handler that takes its time; nobody keeps any. */
export function clean() {
  return expectNoLeaks(async ({ expectReleased }) => {
    await served(async (visit) => {
      for (let count = 0; count < VISITS; count++) await visit('/fine')
    })
    expectReleased({ user: 1 }, 'session')
  })
}

/** Rejects: what has ended is kept in a list, with a session. */
export function leaking() {
  return expectNoLeaks(async ({ expectReleased }) => {
    await served(async (visit) => {
      for (const path of ['/kept', '/kept', '/asked', '/fine']) await visit(path)
    })
    const session = { user: 1 }
    held.push(session)
    expectReleased(session, 'session')
  }, QUICK)
}

/** Nothing is kept any more. */
export function letGo() {
  held.length = 0
}

export function nothing() {
  return expectNoLeaks(() => {}, QUICK)
}

async function served(use) {
  const server = createServer()
    .route('/fine', { message: (connection, message) => void connection.send(message) })
    .route('/kept', { open: (connection) => void held.push(connection) })
    .route('/asked', { upgrade: (request) => void held.push(request) })
  await server.listen({ port: 0, host: '127.0.0.1' })
  try {
    await use((path) => visit(`ws://127.0.0.1:${server.port}${path}`))
  } finally {
    await server.close()
  }
}

async function visit(url) {
  const client = new WebSocket(url)
  await once(client, 'open')
  client.send('hello')
  if (url.endsWith('/fine')) await once(client, 'message')
  client.close()
  await once(client, 'close')
}
