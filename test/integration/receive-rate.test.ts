/** How fast a peer may send: more ends it with 1008; what waited while we did not read is not held against it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ServerEvents } from '../../src/index.ts'
import { deferred, until } from '../support/deadline.ts'
import { openRaw } from '../support/raw-client.ts'
import { onlyConnection, serve, settled } from '../support/serving.ts'
import { clientFrame } from '../support/wire.ts'

const texts = (count: number): Buffer =>
  Buffer.concat(Array.from({ length: count }, () => clientFrame({ opcode: 1, payload: 'x' })))

test('messagesPerSecondMax: one second at once is let through, more ends with 1008', async (t) => {
  let handled = 0
  const server = await serve(t, { messagesPerSecondMax: 20, route: { message: () => void handled++ } })
  const limits: ServerEvents['limit'][] = []
  server.on('limit', (event) => limits.push(event))
  const client = await openRaw(t, server.port)
  const connection = await onlyConnection(server)
  client.write(texts(20))
  await until('all are handled', () => handled === 20)
  assert.equal(connection.state, 'open')
  client.write(texts(200))
  assert.equal((await client.closeCode()).code, 1008)
  assert.match(connection.ending?.reason ?? '', /messagesPerSecondMax/)
  assert.ok(handled < 60, `${handled} were handled`)
  assert.deepEqual([limits.length, limits[0]?.limit, limits[0]?.mode], [1, 'messagesPerSecondMax', 'refuse'])
  assert.equal(limits[0]?.connection, connection)
  assert.deepEqual(server.ledger().limits.messagesPerSecondMax, { refused: 1, warned: 0 })
  assert.equal(server.ledger().messagesDiscarded + handled, server.ledger().messagesReceived)
  client.closeFrame(1008)
  await settled(server)
  assert.equal(server.ledger().endingsByReason.messagesPerSecondMax, 1)
})

test('messagesPerSecondMax counts messages, not frames or pings', async (t) => {
  const server = await serve(t, { messagesPerSecondMax: 2, route: { message: (c) => void c.send('ok') } })
  const client = await openRaw(t, server.port)
  for (let part = 0; part < 50; part++) client.frame({ opcode: part === 0 ? 1 : 0, payload: 'x', fin: part === 49 })
  for (let ping = 0; ping < 50; ping++) client.frame({ opcode: 9, payload: 'p' })
  assert.deepEqual(await client.nextTexts(1), ['ok'])
})

test('receivedBytesPerSecondMax: more bytes than that end with 1008, before they are a message', async (t) => {
  let handled = 0
  const server = await serve(t, { receivedBytesPerSecondMax: 50_000, route: { message: () => void handled++ } })
  const client = await openRaw(t, server.port)
  const connection = await onlyConnection(server)
  client.write(clientFrame({ opcode: 2, payload: Buffer.alloc(40_000) }))
  await until('it has come', () => connection.messagesReceived === 1)
  assert.equal(connection.state, 'open')
  client.write(clientFrame({ opcode: 2, payload: Buffer.alloc(400_000) }))
  assert.equal((await client.closeCode()).code, 1008)
  assert.match(connection.ending?.reason ?? '', /receivedBytesPerSecondMax/)
  client.closeFrame(1008)
  await settled(server)
  assert.equal(handled, 1)
})

test('a route has rates of its own', async (t) => {
  const server = await serve(t, { route: { messagesPerSecondMax: 1, message: () => {} } })
  server.route('/free', { message: (connection) => void connection.send('ok') })
  const bound = await openRaw(t, server.port)
  bound.write(texts(5))
  assert.equal((await bound.closeCode()).code, 1008)
  const free = await openRaw(t, server.port, '/free')
  free.write(texts(50))
  assert.equal((await free.nextTexts(50)).length, 50)
})

test('warnOnly: rates are counted and announced, nothing ends', async (t) => {
  let handled = 0
  const server = await serve(t, {
    ...{ messagesPerSecondMax: 10, receivedBytesPerSecondMax: 50 },
    warnOnly: ['messagesPerSecondMax', 'receivedBytesPerSecondMax'],
    route: { message: () => void handled++ },
  })
  const modes = new Set<string>()
  server.on('limit', ({ mode }) => modes.add(mode))
  const client = await openRaw(t, server.port)
  client.write(texts(100))
  await until('all are handled', () => handled === 100)
  const { limits, open } = server.ledger()
  assert.equal(open, 1)
  // Once for each second's worth.
  assert.ok(limits.messagesPerSecondMax.warned >= 8 && limits.messagesPerSecondMax.warned <= 9)
  assert.ok(limits.receivedBytesPerSecondMax.warned > 0)
  assert.equal(limits.messagesPerSecondMax.refused + limits.receivedBytesPerSecondMax.refused, 0)
  assert.deepEqual(modes, new Set(['warn']))
})

test('a process that was stuck does not punish what lay in the kernel meanwhile', async (t) => {
  let handled = 0
  const server = await serve(t, {
    messagesPerSecondMax: 50,
    route: {
      message(_, message) {
        handled++
        if (message !== 'stick') return
        const until = Date.now() + 1_500
        while (Date.now() < until);
      },
    },
  })
  const client = await openRaw(t, server.port)
  // The first chunk sticks the process; the second, one and a half seconds of messages, lies behind it.
  client.text('stick')
  client.write(texts(100))
  await until('all are handled', () => handled === 101)
  assert.equal(server.ledger().open, 1)
  // And this is not for ever.
  client.write(texts(200))
  assert.equal((await client.closeCode()).code, 1008)
})

test('a slow handler that stops the reading does not punish either', async (t) => {
  const gate = deferred()
  let handled = 0
  const server = await serve(t, {
    ...{ messagesPerSecondMax: 50, handlerQueueMax: 1 },
    route: { message: () => (handled++ === 0 ? gate.promise : undefined) },
  })
  const client = await openRaw(t, server.port)
  client.write(texts(100))
  await until('the reading has stopped', () => server.ledger().messagesReceived === 2)
  await new Promise((resolve) => setTimeout(resolve, 1_300))
  gate.resolve()
  await until('all are handled', () => handled === 100)
  assert.equal(server.ledger().open, 1)
})
