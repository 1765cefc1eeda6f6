/**
 * Members and publishers of a room that move from one server to another, and back, while all of them publish and a third server
 * looks on; brokers in memory, each frame late by a random time. Everybody hears everybody once and in order.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'
import { Events } from '../../src/base/events.ts'
import type { Broker } from '../../src/broker/broker.ts'
import type { BrokerEvents } from '../../src/broker/broker-events.ts'
import { LinkBroker } from '../../src/broker/link-broker.ts'
import { MemoryBus } from '../../src/broker/memory-bus.ts'
import { type Connection, createServer, type Server } from '../../src/index.ts'
import { INTERNALS } from '../../src/server/internals.ts'
import { until, within } from '../support/deadline.ts'
import { HandleMirror } from '../support/handle-mirror.ts'
import { openRaw, type RawClient } from '../support/raw-client.ts'
import { balanced } from '../support/serving.ts'

interface Worker {
  readonly server: Server
  readonly broker: Broker
}

const SYNC_MS = 5_000

/** A client says a text, and the others in the room hear it; it names itself in the query, and is a user of that name. */
async function workers(t: TestContext, count: number): Promise<Worker[]> {
  const bus = new MemoryBus({ later: (bring) => void setTimeout(bring, Math.random() * 8) })
  const all: Worker[] = []
  for (let index = 0; index < count; index++) {
    const server = createServer({ closeTimeoutMs: 500, drainTimeoutMs: 500 }, { nonce: `n${index}` })
    server.route<string>('/', {
      upgrade: (request) => request.query.get('name') ?? '',
      user: (connection) => connection.data,
      open: (connection) => void connection.join('room'),
      message(connection, message) {
        const text = String(message)
        if (text.startsWith('echo ')) connection.send(text)
        else connection.room('room').publish(text, { except: connection as Connection })
      },
    })
    const links = bus.join(`w${index}`)
    const broker = new LinkBroker({ links, clock: systemClock, events: new Events<BrokerEvents>(() => {}) })
    server[INTERNALS].connectBroker(broker)
    await server.listen({ port: 0, host: '127.0.0.1' })
    t.after(() => {
      broker.end()
      links.end()
    })
    all.push({ server, broker })
  }
  t.after(async () => {
    await within('all to close', Promise.all(all.map(({ server }) => server.close())))
    for (const { server } of all) await balanced(server)
  })
  return all
}

/** As two workers do it (docs/ARCHITECTURE.md, "Moving without losing a message"). */
async function move(id: string, from: Worker, to: Worker, mirror: HandleMirror, refuse: boolean): Promise<boolean> {
  const connection = from.server.connection(id)
  if (connection === undefined) throw new Error(`${id} is not there`)
  const { departures } = from.server[INTERNALS]
  const { arrivals } = to.server[INTERNALS]
  arrivals.expect(id, departures.topicsOf(connection))
  await to.broker.sync(SYNC_MS)
  const frozen = await departures.freeze(connection, SYNC_MS)
  if (frozen === null) throw new Error(`${id} does not freeze`)
  await from.broker.sync(SYNC_MS)
  const departed = await frozen.depart(SYNC_MS)
  if (departed === null) throw new Error(`${id} does not depart`)
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 5))
  if (refuse) {
    arrivals.abandon(id)
    frozen.refused()
    return false
  }
  await arrivals.adopt(id, departed.state, await mirror.copy(departed.handle))
  frozen.adopted()
  arrivals.commit(id)
  return true
}

test('members and publishers that move hear and are heard once and in order', async (t) => {
  const all = await workers(t, 3)
  const mirror = new HandleMirror(t)
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  const clients: RawClient[] = []
  const places: { readonly id: string; worker: Worker }[] = []
  for (const [index, name] of names.entries()) {
    const worker = all[index % 3]!
    clients.push(await openRaw(t, worker.server.port, `/?name=${name}`))
    places.push({ id: [...worker.server.connections].at(-1)!.id, worker })
  }
  for (const { broker } of all) await broker.sync(SYNC_MS)
  let said = 0
  let talking = true
  const talk = async (): Promise<void> => {
    while (talking) {
      for (const [index, name] of names.entries()) clients[index]!.text(`${name} ${said}`)
      for (const [index, { server }] of all.entries()) {
        server.publish(`all${index} ${said}`)
        server.user('a').send(`user${index} ${said}`)
      }
      said++
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }
  const talked = talk()
  let moved = 0
  const wander = async (place: (typeof places)[number], round: number): Promise<void> => {
    // The last time it comes back: who was given up is not taken in by the same server for a while.
    for (let step = 0; step < 8; step++) {
      const to = all[(all.indexOf(place.worker) + 1 + (round % 2)) % 3]!
      if (!(await move(place.id, place.worker, to, mirror, step === 7))) continue
      place.worker = to
      moved++
    }
  }
  try {
    await within('all to have moved', Promise.all(places.slice(0, 4).map(wander)), 60_000)
  } finally {
    talking = false
    await talked
  }
  for (const client of clients) client.text('echo done')
  for (const client of clients) await until('what it said was handled', () => client.texts.includes('echo done'))
  for (const { broker } of all) await broker.sync(SYNC_MS)
  for (const client of clients) client.text('echo again')
  for (const client of clients) await until('it has all', () => client.texts.includes('echo again'))
  assert.ok(moved >= 20 && said > 50, `${moved} moves, ${said} times said`)
  for (const [index, client] of clients.entries()) {
    const { texts } = client
    const speakers = [...names.filter((name) => name !== names[index]), 'all0', 'all1', 'all2']
    if (index === 0) speakers.push('user0', 'user1', 'user2')
    for (const speaker of speakers) {
      assert.deepEqual(
        texts.filter((text) => text.startsWith(`${speaker} `)),
        Array.from({ length: said }, (_, number) => `${speaker} ${number}`),
        `${names[index]} hears ${speaker}`,
      )
    }
    assert.equal(texts.length, speakers.length * said + 2)
  }
})
