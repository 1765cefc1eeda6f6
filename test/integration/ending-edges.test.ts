/** Edges of the ending: what came before a close frame, handlers that never finish, close() from within, kill while answering. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Ending, Server } from '../../src/index.ts'
import { deferred, turn, until, within } from '../support/deadline.ts'
import { openRaw } from '../support/raw-client.ts'
import { onlyConnection, serve, settled } from '../support/serving.ts'
import { clientFrame } from '../support/wire.ts'

const LONG = { closeTimeoutMs: 60_000, handlerTimeoutMs: 60_000 }

test('messages, close frame and FIN in one write: all is handled, then close has the code of the peer', async (t) => {
  for (const fin of ['in the same write', 'while the first is handled'] as const) {
    await t.test(`FIN ${fin}`, async (t) => {
      const gate = deferred()
      const seen: unknown[] = []
      let discarded = 0
      const server = await serve(t, {
        ...LONG,
        route: {
          async message(_, message) {
            await gate.promise
            await turn()
            seen.push(message)
          },
          close: (_, { code, reason, by }) => void seen.push([code, reason, by]),
        },
      })
      server.on('discard', ({ messages }) => (discarded += messages))
      const client = await openRaw(t, server.port)
      const close = Buffer.concat([Buffer.from([4001 >> 8, 4001 & 255]), Buffer.from('bye')])
      const all = Buffer.concat([
        ...['m1', 'm2', 'm3'].map((payload) => clientFrame({ opcode: 1, payload })),
        clientFrame({ opcode: 8, payload: close }),
      ])
      if (fin === 'in the same write') client.socket.end(all)
      else client.write(all)
      await until('it drains', () => server.ledger().draining === 1 || seen.length > 0)
      if (fin !== 'in the same write') client.socket.end()
      await until('the FIN is sent', () => client.socket.writableFinished)
      for (let turns = 0; turns < 5; turns++) await turn()
      gate.resolve()
      await settled(server)
      assert.deepEqual(seen, ['m1', 'm2', 'm3', [4001, 'bye', 'peer']])
      assert.equal(discarded, 0)
    })
  }
})

test('server.close() cuts short a connection that drains because of its peer', async (t) => {
  const server = await serve(t, {
    ...{ handlerTimeoutMs: 60_000, drainTimeoutMs: 100, closeTimeoutMs: 100 },
    route: { message: () => new Promise(() => {}) },
  })
  const client = await openRaw(t, server.port)
  const connection = await onlyConnection(server)
  client.text('x')
  client.closeFrame(1000)
  await until('it drains', () => connection.state === 'draining')
  await within('close', server.close(), 10_000)
  assert.equal(connection.state, 'closed')
  assert.deepEqual(server.ledger().imbalances, [])
})

test('server.close() does not give more time to a connection that drains already', async (t) => {
  const server = await serve(t, {
    ...{ handlerTimeoutMs: 100, drainTimeoutMs: 3_600_000, closeTimeoutMs: 100 },
    route: { message: () => new Promise(() => {}) },
  })
  const client = await openRaw(t, server.port)
  const connection = await onlyConnection(server)
  client.text('x')
  client.closeFrame(1000)
  await until('it drains', () => connection.state === 'draining')
  await within('close', server.close(), 10_000)
})

test('server.close() in a handler or hook of its own, awaited: it comes to its end', async (t) => {
  for (const where of ['open', 'message', 'close'] as const) {
    await t.test(where, async (t) => {
      const resolved = deferred()
      const server: Server = await serve(t, {
        ...{ closeTimeoutMs: 100, drainTimeoutMs: 100, handlerTimeoutMs: 150 },
        route: {
          async [where](): Promise<void> {
            await server.close()
            resolved.resolve()
          },
        },
      })
      server.on('error', () => {})
      const client = await openRaw(t, server.port)
      client.text('x')
      if (where === 'close') client.closeFrame(1000)
      await within('close, seen by the handler', resolved.promise)
      await within('close', server.close())
      assert.deepEqual([server.connections.size, server.ledger().sockets], [0, 0])
      assert.deepEqual(server.ledger().imbalances, [])
    })
  }
})

test('server.close() in a synchronous handler: it finishes and may still send, then 1001', async (t) => {
  const states: string[] = []
  let closed: Promise<void> | null = null
  const server: Server = await serve(t, {
    ...{ closeTimeoutMs: 5_000, drainTimeoutMs: 5_000 },
    route: {
      message(connection, message) {
        closed = server.close()
        states.push(connection.state)
        connection.send(`ok ${String(message)}`)
      },
    },
  })
  const client = await openRaw(t, server.port)
  client.text('stop')
  assert.equal((await client.closeCode()).code, 1001)
  assert.deepEqual(client.texts, ['ok stop'])
  assert.match(states.join(), /^(open|draining)$/)
  client.closeFrame(1001)
  await within('close', closed ?? Promise.reject(new Error('not closed')))
})

test("kill in an abort listener while the peer's close is answered: not clean, and nothing is answered", async (t) => {
  let ending: Ending | undefined
  const server = await serve(t, {
    route: {
      open: (connection) => connection.signal.addEventListener('abort', () => connection.kill()),
      close: (_, how) => {
        ending = how
      },
    },
  })
  const client = await openRaw(t, server.port)
  client.closeFrame(1000)
  await client.gone()
  await settled(server)
  assert.equal(ending?.clean, false)
  assert.deepEqual(client.frames, [])
})
