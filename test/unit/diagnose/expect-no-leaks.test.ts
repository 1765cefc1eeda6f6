/**
 * `expectNoLeaks` with real servers: it passes when all is released, names what is not, and says so when it cannot judge.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { WebSocket } from 'ws'
import { expectNoLeaks } from '../../../src/diagnose/testing/index.ts'
import { type Connection, createServer, type Server, type UpgradeRequest } from '../../../src/index.ts'
import { within } from '../../support/deadline.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const QUICK = { withinMs: 200 }

async function listening(t: TestContext, server: Server): Promise<Server> {
  t.after(() => server.close())
  await server.listen({ port: 0, host: '127.0.0.1' })
  return server
}

async function visit(server: Server, path: string, code?: number): Promise<void> {
  const client = new WebSocket(`ws://127.0.0.1:${server.port}${path}`)
  await within('open', once(client, 'open'))
  client.close(code)
  await within('close', once(client, 'close'))
}

test('all released: it passes, also when the sockets close later than the function', async (t) => {
  await expectNoLeaks(async ({ expectReleased }) => {
    const server = await listening(t, createServer().route('/', { upgrade: async () => ({}) }))
    for (let count = 0; count < 5; count++) await visit(server, '/')
    expectReleased({ session: 1 }, 'session')
    await server.close()
  })
})

test('nothing happened: it passes; the controls are not counted', async () => {
  await expectNoLeaks(() => {})
  await expectNoLeaks(() => 7, { withinMs: 0 })
})

test('connections, requests and objects that are held are named, with their route and count', async (t) => {
  const held: unknown[] = []
  const server = await listening(
    t,
    createServer()
      .route('/kept', { open: (connection) => void held.push(connection) })
      .route('/asked', { upgrade: (request: UpgradeRequest) => void held.push(request) })
      .route('/fine', {}),
  )
  const judged = expectNoLeaks(async ({ expectReleased }) => {
    for (const path of ['/kept', '/kept', '/asked', '/fine']) await visit(server, path)
    const session = { self: null as unknown }
    session.self = session
    held.push(session)
    expectReleased(session, 'session')
    expectReleased({}, 'released')
  }, QUICK)
  await assert.rejects(judged, (error: Error & { code: string }) => {
    assert.equal(error.code, 'HF_NOT_RELEASED')
    assert.match(error.message, /2 connections of route \/kept, over, can still be reached/)
    assert.match(error.message, /1 upgrade request of route \/asked, over, can still be reached/)
    assert.match(error.message, /1 × "session" can still be reached/)
    assert.doesNotMatch(error.message, /\/fine|"released"|purpose/)
    return true
  })
  assert.equal(held.length, 4)
  held.length = 0
  await expectNoLeaks(() => visit(server, '/fine'))
  await server.close()
})

test('a connection that is still open is named', async (t) => {
  const open: Connection[] = []
  const server = await listening(
    t,
    createServer().route('/', { open: (connection) => void open.push(connection as Connection) }),
  )
  const clients: WebSocket[] = []
  const judged = expectNoLeaks(async () => {
    const client = new WebSocket(`ws://127.0.0.1:${server.port}/`)
    clients.push(client)
    await within('open', once(client, 'open'))
  }, QUICK)
  await assert.rejects(judged, /1 connection of route \/ still open.*\(HF_NOT_RELEASED\)/)
  for (const client of clients) client.close()
  open.length = 0
  await server.close()
})

test('what the function throws comes out; wrong arguments are refused', async () => {
  await assert.rejects(
    expectNoLeaks(() => {
      throw new Error('mine')
    }),
    /^Error: mine$/,
  )
  await assert.rejects(expectNoLeaks(null as never), { code: 'HF_OPTION_INVALID' })
  await assert.rejects(
    expectNoLeaks(() => {}, { within: 1 } as never),
    { code: 'HF_OPTION_UNKNOWN' },
  )
  await assert.rejects(
    expectNoLeaks(({ expectReleased }) => expectReleased('text' as never, 'x')),
    { code: 'HF_OPTION_INVALID' },
  )
})

test('where it cannot judge it says so: fake timers; a process that collects nothing', async () => {
  const real = globalThis.setTimeout
  globalThis.setTimeout = Object.assign((() => {}) as unknown as typeof setTimeout, { clock: {} })
  try {
    await assert.rejects(
      expectNoLeaks(() => {}),
      /the timers are fake.*HF_CENSUS_BLIND/,
    )
  } finally {
    globalThis.setTimeout = real
  }
  const idle = {
    clock: new ManualClock(),
    collect: (done: (failed: null) => void) => {
      setImmediate(done, null)
      return () => {}
    },
  }
  await assert.rejects(
    expectNoLeaks(() => {}, {}, idle),
    /an object that nobody holds was not collected.*HF_CENSUS_BLIND/,
  )
})

test('it leaves nothing: no subscription, and nothing watched is kept by it', async () => {
  const { channel } = await import('node:diagnostics_channel')
  await expectNoLeaks(() => {
    assert.ok(channel('holdfast:close').hasSubscribers)
  })
  for (const name of ['open', 'adopted', 'close', 'moved', 'revoked']) {
    assert.equal(channel(`holdfast:${name}`).hasSubscribers, false, name)
  }
})

test('what a server is told to expect is judged too: kept it is named, let go of it is not', async (t) => {
  const kept: object[] = []
  const server = await listening(t, createServer())
  const judged = expectNoLeaks(() => {
    const session = { name: 'ada' }
    kept.push(session)
    server.expectReleased(session, 'session')
    server.expectReleased({ name: 'bob' }, 'guest')
  }, QUICK)
  await assert.rejects(judged, (error: Error) => /1 × "session"/.test(error.message) && !/guest/.test(error.message))
  assert.equal(kept.length, 1)
})
