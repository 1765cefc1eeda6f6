/**
 * docs/LIFECYCLE.md says in a table how a connection can end. Here each of its rows happens, on real sockets, and what
 * the row says is compared with what was seen. No row is without its happening.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { describe, it } from 'node:test'
import { type Connection, createServer, type Ending, type Server, type ServerOptionsInput } from '../../src/index.ts'
import { until } from '../support/deadline.ts'
import { clientFrame } from '../support/wire.ts'
import { ask, rowsBelow, upgradeHead, withDeadline } from './lifecycle-table.ts'

const PATIENT_MS = 60_000
const TEXT = 1
const BINARY = 2
const CLOSE = 8

interface Parts {
  readonly socket: Socket
  readonly server: Server
  readonly connection: Connection
}

interface Happening {
  readonly options?: ServerOptionsInput
  readonly handler?: () => unknown
  readonly farewell?: (connection: Connection) => unknown
  /** Does the client answer a close frame, as it should? Default true. */
  readonly answers?: boolean
  act(parts: Parts): unknown
}

const HAPPENINGS: Readonly<Record<string, Happening>> = {
  'the peer closes with a code': { act: ({ socket }) => socket.write(close(1000, 'bye')) },
  'the peer closes without a code': { act: ({ socket }) => socket.write(clientFrame({ opcode: CLOSE })) },
  'the peer hangs up (FIN) without a close frame': { act: ({ socket }) => socket.end() },
  'the connection is reset': { act: ({ socket }) => socket.resetAndDestroy() },
  'connection.end()': { act: ({ connection }) => connection.end() },
  "connection.end({ code: 4001, reason: 'moved' })": {
    act: ({ connection }) => connection.end({ code: 4001, reason: 'moved' }),
  },
  'connection.end(), and the peer does not answer within closeTimeoutMs': {
    options: { closeTimeoutMs: 50 },
    answers: false,
    act: ({ connection }) => connection.end(),
  },
  'connection.kill()': { act: ({ connection }) => connection.kill() },
  'server.close()': { act: ({ server }) => void server.close() },
  'server.drain({ retryAfterMs: [1834, 1834] })': {
    act: ({ server }) => void server.drain({ retryAfterMs: [1834, 1834], windowMs: 50 }),
  },
  'the same, and a handler still runs when its deadline comes': {
    handler: () => new Promise(() => {}),
    options: { closeTimeoutMs: 500 },
    act: async ({ server, socket }) => {
      socket.write(clientFrame({ opcode: TEXT, payload: 'x' }))
      await until('it runs', () => server.ledger().messagesReceived === 1)
      // The time of those that are cut short is spread over the window: none, here.
      void server.drain({ retryAfterMs: [1834, 1834], windowMs: 0, timeoutMs: 50 })
    },
  },
  "the same, and drain of its route has called connection.end({ code: 4000, reason: 'bye' })": {
    farewell: (connection) => connection.end({ code: 4000, reason: 'bye' }),
    act: ({ server }) => void server.drain({ retryAfterMs: [1834, 1834], windowMs: 0 }),
  },
  'nothing came within idleTimeoutMs': { options: { idleTimeoutMs: 100 }, act: () => {} },
  'nothing came within idleTimeoutMs, and our close frame is not answered': {
    options: { idleTimeoutMs: 100, closeTimeoutMs: 50 },
    answers: false,
    act: () => {},
  },
  'a handler threw': {
    handler: () => {
      throw new Error('on purpose')
    },
    act: ({ socket }) => socket.write(clientFrame({ opcode: TEXT, payload: 'x' })),
  },
  'a handler did not finish within handlerTimeoutMs and closeTimeoutMs': {
    options: { handlerTimeoutMs: 30, closeTimeoutMs: 500 },
    handler: () => new Promise(() => {}),
    act: ({ socket }) => socket.write(clientFrame({ opcode: TEXT, payload: 'x' })),
  },
  'its outbox is full, with slow: end': {
    act: ({ socket, connection }) => {
      socket.pause()
      while (connection.send('x'.repeat(256 * 1024)) !== 'ended');
      socket.resume()
    },
  },
  'a message was not whole within messageTimeoutMs': {
    options: { messageTimeoutMs: 50 },
    act: ({ socket }) => socket.write(clientFrame({ opcode: TEXT, payload: 'x', fin: false })),
  },
  'it sends more than messagesPerSecondMax': {
    options: { messagesPerSecondMax: 1 },
    act: ({ socket }) => {
      for (let count = 0; count < 3; count++) socket.write(clientFrame({ opcode: TEXT, payload: 'x' }))
    },
  },
  'it sends more than receivedBytesPerSecondMax': {
    options: { receivedBytesPerSecondMax: 100 },
    act: ({ socket }) => socket.write(clientFrame({ opcode: BINARY, payload: Buffer.alloc(1_000) })),
  },
  'inboxBytesMax of the server is reached': {
    options: { inboxBytesMax: 64 * 1024 },
    act: ({ socket }) => socket.write(clientFrame({ opcode: BINARY, payload: Buffer.alloc(100_000), fin: false })),
  },
  'outboxTotalBytesMax of the server is spent, with slow: end': {
    options: { outboxTotalBytesMax: 64 * 1024, outboxBytesMax: 1024 ** 3 },
    act: ({ socket, connection }) => {
      socket.pause()
      while (connection.send('x'.repeat(256 * 1024)) !== 'ended');
      socket.resume()
    },
  },
  'the peer breaks a rule; here, a frame is not masked': {
    act: ({ socket }) => socket.write(clientFrame({ opcode: TEXT, payload: 'x', mask: null })),
  },
}

describe('the endings of docs/LIFECYCLE.md', { concurrency: 4 }, () => {
  const rows = rowsBelow('How a connection can end')

  it('has a row for each happening and a happening for each row', () => {
    assert.deepEqual([...rows.keys()].sort(), Object.keys(HAPPENINGS).sort())
  })

  for (const [name, happening] of Object.entries(HAPPENINGS)) {
    it(name, async () => {
      const { ending, seen } = await happen(happening)
      const { code, by, advice, clean, reason } = ending
      assert.deepEqual(rows.get(name), [seen, String(code), by, advice, clean ? 'yes' : 'no', reason || '(empty)'])
    })
  }
})

async function happen(happening: Happening): Promise<{ ending: Ending; seen: string }> {
  const { options, handler, farewell, answers = true, act } = happening
  const server = createServer({ keepaliveIntervalMs: PATIENT_MS, ...options })
  server.on('error', () => {})
  const opened = new Promise<Connection>((resolve) => {
    server.on('open', ({ connection }) => resolve(connection))
  })
  const hooked = new Promise<Ending>((resolve) => {
    server.route('/', {
      message: () => handler?.(),
      drain: (connection) => farewell?.(connection),
      close: (_connection, ending) => resolve(ending),
    })
  })
  await server.listen({ port: 0, host: '127.0.0.1' })
  const { socket, head } = await ask(server.port, upgradeHead('/'))
  assert.match(head, / 101 /)
  const seen = watchClose(socket, answers)
  const connection = await withDeadline(opened)
  await act({ socket, server, connection })
  const ending = await withDeadline(hooked)
  if (!socket.closed) await withDeadline(once(socket, 'close'))
  await withDeadline(server.close())
  assert.deepEqual(server.ledger().imbalances, [])
  return { ending, seen: seen() }
}

/** The code of the close frame that came last, as a browser would report it: 1005 without a code, 1006 without a frame. */
function watchClose(socket: Socket, answers: boolean): () => string {
  let seen = '1006'
  let held = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    // What comes before the close frame are messages of the test, which have no such byte.
    held = Buffer.concat([held, chunk])
    const at = held.indexOf(0x88)
    if (at === -1) held = Buffer.alloc(0)
    const length = held[at + 1]
    if (at === -1 || length === undefined || held.length < at + 2 + length) return
    const code = length === 0 ? 1005 : held.readUInt16BE(at + 2)
    seen = String(code)
    if (answers) socket.end(code === 1005 ? clientFrame({ opcode: CLOSE }) : close(code))
  })
  return () => seen
}

function close(code: number, reason = ''): Buffer {
  const payload = Buffer.alloc(2 + reason.length)
  payload.writeUInt16BE(code)
  payload.write(reason, 2)
  return clientFrame({ opcode: CLOSE, payload })
}
