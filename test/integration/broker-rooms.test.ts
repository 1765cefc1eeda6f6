/** Rooms, users and everybody across servers that share a broker: who gets what, in which order, and what is told when. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'
import { Events } from '../../src/base/events.ts'
import type { BrokerEvents } from '../../src/broker/broker-events.ts'
import { LinkBroker } from '../../src/broker/link-broker.ts'
import { MemoryBus } from '../../src/broker/memory-bus.ts'
import type { Connection, Server, ServerOptionsInput } from '../../src/index.ts'
import { INTERNALS } from '../../src/server/internals.ts'
import { until } from '../support/deadline.ts'
import { openRaw, type RawClient } from '../support/raw-client.ts'
import { serve } from '../support/serving.ts'

interface Worker {
  readonly server: Server
  readonly broker: LinkBroker
}

/**
 * A client says `join NAME`, `leave NAME`, `echo TEXT`, or `NAME:text` to publish to the others in a room; the query says who its
 * user is.
 */
async function work(t: TestContext, bus: MemoryBus, name: string, options: ServerOptionsInput = {}): Promise<Worker> {
  const links = bus.join(name)
  const broker = new LinkBroker({ links, clock: systemClock, events: new Events<BrokerEvents>(() => {}) })
  const server = await serve<string>(t, {
    ...options,
    route: {
      upgrade: (request) => request.query.get('user') ?? '',
      user: (connection) => connection.data,
      message(connection, message) {
        const text = String(message)
        if (text.startsWith('echo ')) connection.send(text)
        else if (text.startsWith('join ')) connection.join(text.slice(5))
        else if (text.startsWith('leave ')) connection.leave(text.slice(6))
        else connection.room(text.split(':')[0]!).publish(text, { except: connection as Connection })
      },
    },
  })
  t.after(() => {
    broker.end()
    links.end()
  })
  return { server, broker }
}

/** What has come when all that was said is done: what the brokers carry, too. */
async function settle(workers: readonly Worker[], clients: readonly RawClient[]): Promise<string[][]> {
  const all = async (mark: string): Promise<void> => {
    for (const client of clients) client.text(`echo ${mark}`)
    for (const client of clients) await until('it is done', () => client.texts.includes(`echo ${mark}`))
  }
  const mark = String(Math.random())
  await all(mark)
  for (const { broker } of workers) await broker.sync(5_000)
  await all(`${mark} again`)
  return clients.map(({ texts }) => texts.filter((text) => !text.startsWith('echo ')))
}

test('a room, a user and everybody reach across workers; `except` is left out; what counts is who is here', async (t) => {
  const bus = new MemoryBus()
  const workers = [await work(t, bus, 'w1'), await work(t, bus, 'w2')]
  const [one, two] = workers as [Worker, Worker]
  const ada = await openRaw(t, one.server.port, '/?user=u')
  ada.text('join a')
  await until('ada is in the room', () => one.server.room('a').size === 1)
  // Who is here already counts from now on.
  for (const { server, broker } of workers) server[INTERNALS].connectBroker(broker)
  assert.throws(() => one.server[INTERNALS].connectBroker(two.broker), /one broker at most/)
  const bob = await openRaw(t, two.server.port, '/?user=u')
  const cyd = await openRaw(t, two.server.port)
  const clients = [ada, bob, cyd]
  bob.text('join a')
  await settle(workers, clients)
  ada.text('a:from ada')
  await settle(workers, clients)
  cyd.text('a:from cyd')
  await settle(workers, clients)
  assert.equal(two.server.room('a').publish('from two'), 1)
  assert.equal(one.server.user('u').send('to the user'), 1)
  assert.equal(one.server.user('nobody').send('to nobody'), 0)
  assert.equal(one.server.publish(Buffer.from('to all')), 1)
  // Between two workers there is no order.
  assert.deepEqual(
    (await settle(workers, clients)).map((texts) => texts.sort()),
    [['a:from cyd', 'from two', 'to the user'], ['a:from ada', 'a:from cyd', 'from two', 'to the user'], []],
  )
  for (const client of clients) {
    const binary = client.frames.filter(({ opcode }) => opcode === 2)
    assert.deepEqual(
      binary.map(({ payload }) => payload.toString()),
      ['to all'],
    )
  }
})

test('others get what is published as long as somebody is in the room, not longer', async (t) => {
  const bus = new MemoryBus()
  const workers = [await work(t, bus, 'w1'), await work(t, bus, 'w2')]
  const [one, two] = workers as [Worker, Worker]
  for (const { server, broker } of workers) server[INTERNALS].connectBroker(broker)
  const ada = await openRaw(t, one.server.port)
  const bob = await openRaw(t, one.server.port)
  for (const client of [ada, bob]) client.text('join a')
  await settle(workers, [ada, bob])
  two.server.room('a').publish('to both')
  await settle(workers, [ada, bob])
  ada.text('leave a')
  await settle(workers, [ada, bob])
  two.server.room('a').publish('to bob')
  await settle(workers, [ada, bob])
  assert.equal(two.broker.counts.published, 2)
  bob.closeFrame(1000)
  await bob.gone()
  await until('nobody is left', () => one.server.roomCount === 0)
  await one.broker.sync(5_000)
  two.server.room('a').publish('to nobody')
  assert.equal(two.broker.counts.published, 2, 'it has not left its worker')
  assert.deepEqual([one.broker.topicCount, two.broker.topicCount], [1, 1])
  assert.deepEqual(await settle(workers, [ada]), [['to both']])
})

test('each member sees the messages of each publisher once and in order, here and elsewhere, while rooms come and go', async (t) => {
  const bus = new MemoryBus({ later: (bring) => void setTimeout(bring, Math.random() * 5) })
  const workers = [await work(t, bus, 'w1'), await work(t, bus, 'w2'), await work(t, bus, 'w3')]
  for (const { server, broker } of workers) server[INTERNALS].connectBroker(broker)
  const clients: RawClient[] = []
  for (const { server } of [...workers, ...workers]) clients.push(await openRaw(t, server.port))
  const others = await openRaw(t, workers[0]!.server.port)
  for (const client of clients) client.text('join a')
  await settle(workers, [...clients, others])
  for (let index = 0; index < 100; index++) {
    for (const [publisher, client] of clients.entries()) client.text(`a:${publisher} ${index}`)
    others.text(index % 2 === 0 ? 'join b' : 'leave b')
    if (index % 20 === 0) await settle(workers, [others])
  }
  const came = await settle(workers, clients)
  for (const [member, texts] of came.entries()) {
    for (const publisher of clients.keys()) {
      const own = texts.filter((text) => text.startsWith(`a:${publisher} `))
      const wanted = publisher === member ? [] : Array.from({ length: 100 }, (_, index) => `a:${publisher} ${index}`)
      assert.deepEqual(own, wanted)
    }
  }
})

test('a message from elsewhere is like one from here: text is text, for latestBy too, and deflate compresses it once', async (t) => {
  const bus = new MemoryBus()
  const keys: unknown[] = []
  const workers = [
    await work(t, bus, 'w1', {
      deflate: { thresholdBytes: 10 },
      slow: {
        latestBy(message: unknown) {
          keys.push(typeof message === 'string' ? message.slice(0, 7) : message)
          return 'key'
        },
      },
    }),
    await work(t, bus, 'w2'),
  ]
  for (const { server, broker } of workers) server[INTERNALS].connectBroker(broker)
  const client = await openRaw(t, workers[0]!.server.port, '/', { 'Sec-WebSocket-Extensions': 'permessage-deflate' })
  client.text('join a')
  await settle(workers, [])
  await until('it is in the room', () => workers[0]!.server.room('a').size === 1)
  await workers[0]!.broker.sync(5_000)
  client.socket.pause()
  const text = `text ü ${'x'.repeat(200_000)}`
  // What does not compress fills the socket.
  const noise = Buffer.alloc(600_000, 0)
  for (let at = 0; at < noise.length; at++) noise[at] = Math.random() * 256
  for (let index = 0; index < 30; index++) workers[1]!.server.room('a').publish(noise)
  await until('it is slow', () => ([...workers[0]!.server.connections][0]?.bufferedBytes ?? 0) > 0)
  workers[1]!.server.room('a').publish(text)
  await workers[1]!.broker.sync(5_000)
  assert.equal(keys.at(-1), 'text ü ', 'a string, and no bytes')
  assert.ok(keys.length > 1 && Buffer.isBuffer(keys[0]))
  client.destroy()
})
