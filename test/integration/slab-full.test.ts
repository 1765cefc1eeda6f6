/** A turn that sends far more than the slab has room for: memory is used again in the middle of it, and nothing is overwritten. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import WebSocket from 'ws'
import { createServer } from '../../src/index.ts'
import { until, within } from '../support/deadline.ts'

const MEMBERS = 20
const ROUNDS = 15
const COPIES = 4

test('every byte arrives as it was sent, at readers that read and at readers that pause', async (t) => {
  const server = createServer({ outboxBytesMax: 1024 ** 3 })
  t.after(() => server.close())
  server.route('/', {
    open: (connection) => void connection.join('all'),
    message(connection, message) {
      for (let copy = 0; copy < COPIES; copy++) connection.room('all').publish(message)
    },
  })
  await server.listen({ port: 0, host: '127.0.0.1' })
  let came = 0
  const damaged: number[] = []
  const clients = Array.from({ length: MEMBERS }, () => new WebSocket(`ws://127.0.0.1:${server.port}/`))
  t.after(() => {
    for (const client of clients) client.terminate()
  })
  for (const client of clients) {
    client.on('message', (data: Buffer) => {
      came++
      if (!data.every((byte) => byte === data[0])) damaged.push(came)
    })
  }
  await within('open', Promise.all(clients.map((client) => once(client, 'open'))))
  // Every fourth does not read for a while: what waits for it must not be written over by what others send.
  const paused = clients.filter((_, index) => index % 4 === 0)
  for (const client of paused) client.pause()
  let sent = 0
  for (let round = 0; round < ROUNDS; round++) {
    for (const client of clients) client.send(Buffer.alloc(1_000 + ((sent * 977) % 19_000), sent++ % 251))
    const due = sent * COPIES * (MEMBERS - paused.length)
    await until('those who read have it', () => came === due)
  }
  for (const client of paused) client.resume()
  await until('all have it', () => came === sent * COPIES * MEMBERS)
  assert.deepEqual(damaged, [])
})
