/** Sending to slow readers, and the bounds on what a peer can make the server hold. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deferred, until } from '../support/deadline.ts'
import { openRaw } from '../support/raw-client.ts'
import { onlyConnection, serve, settled } from '../support/serving.ts'
import { clientFrame } from '../support/wire.ts'

const CHUNK = Buffer.alloc(64 * 1024, 1)

test("send: 'sent' to a reader that keeps up, 'queued' behind a slow one, 'ended' when it is over", async (t) => {
  const server = await serve(t, { outboxBytesMax: 64 * 1024 * 1024, route: {} })
  const client = await openRaw(t, server.port)
  const connection = await onlyConnection(server)
  assert.equal(connection.send('hello'), 'sent')
  assert.deepEqual(await client.nextTexts(1), ['hello'])
  client.socket.pause()
  await until('the kernel takes no more', () => connection.send(CHUNK) === 'queued')
  assert.ok(connection.bufferedBytes > 0)
  const sent = connection.messagesSent
  client.socket.resume()
  await until('all has come', () => client.frames.length === sent)
  assert.equal(connection.bufferedBytes, 0)
  assert.equal(connection.send('again'), 'sent')
  connection.end()
  assert.equal(connection.send('late'), 'ended')
  client.closeFrame(1000)
  await settled(server)
})

test("slow: 'end' ends a reader whose outbox is full with 1008", async (t) => {
  const server = await serve(t, { outboxBytesMax: 256 * 1024, closeTimeoutMs: 5_000, route: {} })
  const client = await openRaw(t, server.port)
  const connection = await onlyConnection(server)
  client.socket.pause()
  const results = new Set<string>()
  await until('the outbox is full', () => {
    results.add(connection.send(CHUNK))
    return connection.state !== 'open'
  })
  assert.equal(results.has('ended'), true)
  assert.equal(connection.ending?.code, 1008)
  assert.match(connection.ending?.reason ?? '', /outboxBytesMax/)
  assert.equal(server.ledger().messagesDropped, 1)
  client.socket.resume()
  assert.equal((await client.closeCode()).code, 1008)
  client.closeFrame(1008)
  await settled(server)
})

test("slow: 'drop-newest' drops, says so, counts, announces, and what was accepted arrives whole and in order", async (t) => {
  const server = await serve(t, { outboxBytesMax: 256 * 1024, slow: 'drop-newest', route: {} })
  const drops: number[] = []
  server.on('drop', ({ bytes }) => drops.push(bytes))
  const client = await openRaw(t, server.port)
  const connection = await onlyConnection(server)
  client.socket.pause()
  const accepted: number[] = []
  for (let number = 0; drops.length < 10; number++) {
    const message = Buffer.alloc(32 * 1024)
    message.writeUInt32BE(number)
    const result = connection.send(message)
    if (result !== 'dropped') accepted.push(number)
    // The bound, and one message with its header.
    assert.ok(connection.bufferedBytes <= (256 + 32) * 1024 + 20, `${connection.bufferedBytes} bytes wait`)
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.equal(server.ledger().messagesDropped, 10)
  assert.equal(drops[0], 32 * 1024)
  client.socket.resume()
  await until('what was accepted has come', () => client.frames.length === accepted.length)
  assert.deepEqual(
    client.frames.map(({ payload }) => payload.readUInt32BE()),
    accepted,
  )
  assert.equal(connection.send('after'), 'sent')
  assert.deepEqual(await client.nextTexts(1), ['after'])
})

test('pings from the server to a reader that does not read are bounded too', async (t) => {
  const server = await serve(t, { outboxBytesMax: 64 * 1024, slow: 'drop-newest', route: {} })
  const client = await openRaw(t, server.port)
  const connection = await onlyConnection(server)
  client.socket.pause()
  await until('the outbox is full', () => connection.send(Buffer.alloc(16 * 1024)) === 'dropped')
  for (let count = 0; count < 10_000; count++) connection.ping('x'.repeat(125))
  assert.ok(connection.bufferedBytes < 256 * 1024, `${connection.bufferedBytes} bytes wait`)
  connection.kill()
})

test('of pings to a server whose answers nobody reads, at most the last is answered', async (t) => {
  const server = await serve(t, {
    outboxBytesMax: 64 * 1024,
    slow: 'drop-newest',
    controlFramesPerSecondMax: 1_000_000,
    route: {},
  })
  const client = await openRaw(t, server.port)
  const connection = await onlyConnection(server)
  client.socket.pause()
  await until('the outbox is full', () => connection.send(Buffer.alloc(16 * 1024)) === 'dropped')
  const before = connection.bufferedBytes
  const pings = Array.from({ length: 5_000 }, (_, index) =>
    clientFrame({ opcode: 9, payload: `ping ${index}`.padEnd(125) }),
  )
  client.write(Buffer.concat(pings))
  client.text('last')
  await until('all have come', () => server.ledger().messagesReceived === 1)
  assert.ok(connection.bufferedBytes < before + 1_024, `${connection.bufferedBytes - before} bytes more wait`)
  client.socket.resume()
  await until('the last is answered', () => client.frames.some((frame) => frame.opcode === 10))
  const pongs = client.frames.filter((frame) => frame.opcode === 10).map((frame) => frame.payload.toString().trim())
  assert.deepEqual(pongs, ['ping 4999'])
})

test('inboxBytesMax: the connection whose unfinished message goes over it is ended with 1013, others live', async (t) => {
  const server = await serve(t, {
    inboxBytesMax: 256 * 1024,
    route: { message: (connection) => void connection.send('ok') },
  })
  const [one, two] = [await openRaw(t, server.port), await openRaw(t, server.port)]
  const part = Buffer.alloc(100 * 1024)
  one.frame({ opcode: 2, payload: part, fin: false })
  two.frame({ opcode: 2, payload: part, fin: false })
  one.frame({ opcode: 0, payload: part, fin: false })
  two.frame({ opcode: 0, payload: part, fin: false })
  await until('one of them is ended', () => server.ledger().closing === 1)
  const ended = (await Promise.race([one.closeCode().then(() => one), two.closeCode().then(() => two)])) as typeof one
  assert.equal((await ended.closeCode()).code, 1013)
  ended.closeFrame(1013)
  const other = ended === one ? two : one
  other.frame({ opcode: 0, payload: 'end' })
  assert.deepEqual(await other.nextTexts(1), ['ok'])
})

test('inboxBytesMax counts whole messages that wait behind a handler', async (t) => {
  const gate = deferred()
  const server = await serve(t, {
    inboxBytesMax: 64 * 1024,
    handlerQueueMax: 1_000,
    route: { message: () => gate.promise },
  })
  const client = await openRaw(t, server.port)
  // One write each, and each awaited: no chunk ends within a frame.
  for (let sent = 1; sent <= 80 && server.ledger().open === 1; sent++) {
    client.frame({ opcode: 2, payload: Buffer.alloc(2 * 1024) })
    await until('it has come', () => server.ledger().messagesReceived >= sent || server.ledger().open === 0)
  }
  assert.equal(server.ledger().open, 0, '160 KiB wait where 64 KiB may')
  assert.equal((await client.closeCode()).code, 1013)
  gate.resolve()
})

test('inboxBytesMax is given back: by handled messages and by connections that end', async (t) => {
  const gates = [deferred(), deferred()]
  let running = 0
  const server = await serve(t, {
    inboxBytesMax: 128 * 1024,
    handlerQueueMax: 1_000,
    route: {
      message: (connection, message) => (message === 'echo' ? void connection.send('ok') : gates[running++]?.promise),
    },
  })
  for (let round = 0; round < 20; round++) {
    const client = await openRaw(t, server.port)
    client.frame({ opcode: 2, payload: Buffer.alloc(100 * 1024), fin: false })
    await until('it is held', () => server.connections.size === 1)
    client.frame({ opcode: 0, payload: Buffer.alloc(10), fin: round % 2 === 0 })
    client.socket.end()
    await settled(server)
    gates[0]!.resolve()
  }
  const client = await openRaw(t, server.port)
  client.frame({ opcode: 2, payload: Buffer.alloc(120 * 1024) })
  client.text('echo')
  gates[1]!.resolve()
  assert.deepEqual(await client.nextTexts(1), ['ok'])
})

test('messageTimeoutMs: from the first to the last byte of a message, whatever else comes meanwhile', async (t) => {
  const server = await serve(t, {
    messageTimeoutMs: 100,
    route: { message: (connection, message) => void connection.send(message) },
  })
  const client = await openRaw(t, server.port)
  client.frame({ opcode: 1, payload: 'begin ', fin: false })
  const keepSending = setInterval(() => client.frame({ opcode: 0, payload: '.', fin: false }), 20)
  t.after(() => clearInterval(keepSending))
  assert.equal((await client.closeCode()).code, 1008)
  clearInterval(keepSending)
  client.closeFrame(1008)
  await settled(server)

  const quick = await openRaw(t, server.port)
  for (let count = 0; count < 10; count++) {
    quick.frame({ opcode: 1, payload: 'a', fin: false })
    quick.frame({ opcode: 0, payload: 'b' })
    await quick.nextTexts(count + 1)
  }
  assert.equal(quick.texts.length, 10)
})

test('a message that is kept pins at most one 8 KiB pool block', async (t) => {
  const kept: Buffer[] = []
  const server = await serve(t, { route: { message: (_, message) => void kept.push(message as Buffer) } })
  const client = await openRaw(t, server.port)
  client.write(Buffer.concat(Array.from({ length: 500 }, () => clientFrame({ opcode: 2, payload: Buffer.alloc(64) }))))
  await until('all have come', () => kept.length === 500)
  for (const message of kept) assert.ok(message.buffer.byteLength <= 8 * 1024, `pins ${message.buffer.byteLength}`)
})

test('handlerQueueMax: the idle clock stands while the server itself does not read', async (t) => {
  const gate = deferred()
  const server = await serve(t, {
    handlerQueueMax: 1,
    idleTimeoutMs: 150,
    keepaliveIntervalMs: 50,
    route: { message: () => gate.promise },
  })
  const client = await openRaw(t, server.port)
  client.text('runs')
  client.text('waits')
  client.text('is not read')
  const connection = await onlyConnection(server)
  await until('two have come', () => server.ledger().messagesReceived >= 2)
  await new Promise((resolve) => setTimeout(resolve, 500))
  assert.equal(connection.state, 'open')
  gate.resolve()
  await until('all are handled', () => server.ledger().messagesReceived === 3)
})
