/** The broker in memory: the contract of all brokers, a bus that keeps frames back, and a worker that does not read. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Events } from '../../../src/base/events.ts'
import type { BrokerEvents } from '../../../src/broker/broker-events.ts'
import { LinkBroker } from '../../../src/broker/link-broker.ts'
import { MemoryBus, type MemoryBusInit } from '../../../src/broker/memory-bus.ts'
import { roomTopic } from '../../../src/connection/topic.ts'
import { brokerContract } from '../../support/broker-contract.ts'
import { turn } from '../../support/deadline.ts'
import { ManualClock } from '../../support/manual-clock.ts'

interface Made {
  readonly brokers: LinkBroker[]
  readonly clock: ManualClock
  readonly missed: BrokerEvents['missed'][]
  readonly bus: MemoryBus
}

function make(t: TestContext, count: number, init: MemoryBusInit = {}): Made {
  const bus = new MemoryBus(init)
  const clock = new ManualClock()
  const events = new Events<BrokerEvents>((_, thrown) => {
    throw thrown
  })
  const missed: BrokerEvents['missed'][] = []
  events.on('missed', (payload) => missed.push(payload))
  const brokers = Array.from({ length: count }, (_, index) => {
    const links = bus.join(`w${index}`)
    t.after(() => links.end())
    return new LinkBroker({ links, clock, events })
  })
  return { brokers, clock, missed, bus }
}

brokerContract('memory', (t, count) => Promise.resolve(make(t, count).brokers))

const ROOM = roomTopic('a')
const TEXT = Buffer.from('text')

test("sync rejects at its deadline, naming who has not answered; an answer that comes later is nobody's", async (t) => {
  const held: (() => void)[] = []
  const { brokers, clock } = make(t, 3, { later: (bring) => held.push(bring) })
  const late = brokers[0]!.sync(100)
  clock.advance(99)
  clock.advance(1)
  await assert.rejects(late, { code: 'HF_SYNC_OVERDUE', message: /waited 100 ms for w1, w2/ })
  const other = brokers[0]!.sync(100)
  for (let bring = held.shift(); bring !== undefined; bring = held.shift()) bring()
  await other
  assert.equal(clock.timers, 0)
})

test('a worker that does not read is cut off: it costs a bound of memory, and no sync waits for it', async (t) => {
  const held: (() => void)[] = []
  const { brokers } = make(t, 2, { later: (bring) => held.push(bring), linkBytesMax: 10_000 })
  brokers[1]!.topicCame(ROOM)
  await turn()
  for (let bring = held.shift(); bring !== undefined; bring = held.shift()) bring()
  const waiting = brokers[0]!.sync(1_000)
  for (let index = 0; index < 20; index++) brokers[0]!.publish(ROOM, 2, Buffer.alloc(1_000))
  await waiting
  assert.equal(brokers[0]!.publish(ROOM, 2, TEXT), 0, 'nobody is there who wants it')
  await brokers[0]!.sync(1_000)
})

test('topics are forgotten when nobody wants them; a worker that is gone is forgotten after a minute', async (t) => {
  const { brokers, clock, bus } = make(t, 2)
  const links = bus.join('w2')
  const third = new LinkBroker({ links, clock, events: new Events<BrokerEvents>(() => {}) })
  for (const broker of [...brokers, third]) broker.topicCame(ROOM)
  for (const broker of [...brokers, third]) await broker.sync(1_000)
  third.publish(ROOM, 1, TEXT)
  await third.sync(1_000)
  assert.deepEqual(
    brokers.map((broker) => broker.marks([ROOM])),
    [{ [ROOM]: { w2: 1 } }, { [ROOM]: { w2: 1 } }],
  )
  third.end()
  links.end()
  await turn()
  await turn()
  assert.deepEqual(brokers[0]!.marks([ROOM]), { [ROOM]: { w2: 1 } }, 'a move that is under way still needs it')
  clock.advance(60_000)
  assert.deepEqual(brokers[0]!.marks([ROOM]), { [ROOM]: {} })
  for (const broker of brokers) broker.topicWent(ROOM)
  for (const broker of brokers) await broker.sync(1_000)
  assert.deepEqual(
    brokers.map(({ topicCount }) => topicCount),
    [1, 1],
  )
  assert.equal(clock.timers, 0)
})

test('a message that comes twice is left out, one that does not come is counted and announced', async (t) => {
  const { brokers, missed, bus } = make(t, 1)
  const [broker] = brokers as [LinkBroker]
  const came: number[] = []
  broker.onMessage(({ number }) => came.push(number))
  broker.topicCame(ROOM)
  const liar = bus.join('liar')
  await turn()
  const { encodeMessage } = await import('../../../src/broker/broker-frames.ts')
  const say = (number: number, first = false): void =>
    void liar.to('w0')!.send(2, encodeMessage({ topic: ROOM, number, opcode: 1, payload: TEXT, first }))
  for (const number of [5, 6, 6, 5, 7, 10, 11]) say(number)
  say(20, true)
  say(19, true)
  await turn()
  await turn()
  assert.deepEqual(came, [5, 6, 7, 10, 11, 20])
  assert.deepEqual(missed, [{ from: 'liar', topic: ROOM, messages: 2 }])
  assert.deepEqual(broker.counts, { published: 0, delivered: 6, repeated: 3, missed: 2, unwanted: 0 })
  liar.end()
})
