/** What each broker has to keep (src/broker/broker.ts), as tests that are told how to make a few of them. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Broker, isPastMark } from '../../src/broker/broker.ts'
import { ALL, roomTopic, type Topic, userTopic } from '../../src/connection/topic.ts'
import { within } from './deadline.ts'

/** Makes brokers that know each other, named w0, w1, …; they end with the test. */
export type MakeBrokers = (t: TestContext, count: number) => Promise<readonly Broker[]>

interface Came {
  readonly from: string
  readonly topic: Topic
  readonly number: number
  readonly opcode: number
  readonly text: string
}

interface Member {
  readonly broker: Broker
  readonly came: Came[]
}

const ROOM = roomTopic('a')

async function members(t: TestContext, make: MakeBrokers, count: number): Promise<Member[]> {
  const brokers = await make(t, count)
  return brokers.map((broker) => {
    const came: Came[] = []
    broker.onMessage(({ from, topic, number, opcode, payload }) => {
      came.push({ from, topic, number, opcode, text: Buffer.from(payload).toString() })
    })
    return { broker, came }
  })
}

function say(broker: Broker, topic: Topic, text: string, opcode = 1): number {
  return broker.publish(topic, opcode, Buffer.from(text))
}

async function sync(...those: readonly Member[]): Promise<void> {
  await within('sync', Promise.all(those.map(({ broker }) => broker.sync(5_000))))
}

const texts = ({ came }: Member): string[] => came.map(({ text }) => text)

export function brokerContract(name: string, make: MakeBrokers): void {
  const contract = (what: string, fn: (t: TestContext) => Promise<void>): void => void test(`${name}: ${what}`, fn)

  contract('a message reaches those that want its topic, as it was; never who published it', async (t) => {
    const [ada, bob, cyd] = (await members(t, make, 3)) as [Member, Member, Member]
    for (const { broker } of [ada, bob]) broker.topicCame(ROOM)
    bob.broker.topicCame(userTopic('u'))
    await sync(ada, bob, cyd)
    say(cyd.broker, ROOM, 'to the room')
    say(cyd.broker, userTopic('u'), 'to the user', 2)
    say(cyd.broker, userTopic('other'), 'to nobody')
    say(ada.broker, ROOM, 'from a member')
    say(ada.broker, ALL, 'to all')
    await sync(ada, cyd)
    assert.deepEqual(texts(ada), ['to the room'])
    assert.deepEqual(texts(cyd), ['to all'])
    assert.deepEqual(
      bob.came.filter(({ from }) => from === cyd.broker.name).map(({ number: _, ...rest }) => rest),
      [
        { from: 'w2', topic: ROOM, opcode: 1, text: 'to the room' },
        { from: 'w2', topic: 'user:u', opcode: 2, text: 'to the user' },
      ],
    )
    assert.deepEqual(
      bob.came.filter(({ from }) => from === 'w0').map(({ text }) => text),
      ['from a member', 'to all'],
    )
  })

  contract('what one worker publishes comes in that order, numbered by topic', async (t) => {
    const [ada, bob] = (await members(t, make, 2)) as [Member, Member]
    const topics: Topic[] = [ROOM, roomTopic('b'), userTopic('u')]
    for (const topic of topics) bob.broker.topicCame(topic)
    await sync(bob)
    const wanted: string[] = []
    for (let index = 0; index < 500; index++) {
      const topic = ([...topics, ALL] as const)[(index * 7) % 4] as Topic
      const number = say(ada.broker, topic, String(index))
      wanted.push(`${topic} ${number} ${index}`)
      if (index % 100 === 50) await new Promise((resolve) => setImmediate(resolve))
    }
    await sync(ada)
    assert.deepEqual(
      bob.came.map(({ topic, number, text }) => `${topic} ${number} ${text}`),
      wanted,
    )
    for (const topic of topics) {
      const numbers = bob.came.filter((message) => message.topic === topic).map(({ number }) => number)
      assert.deepEqual(
        numbers,
        numbers.map((_, index) => (numbers[0] as number) + index),
      )
    }
  })

  contract('sync: what we published is there, and what they published before they answered is here', async (t) => {
    const [ada, bob, cyd] = (await members(t, make, 3)) as [Member, Member, Member]
    for (const { broker } of [ada, bob, cyd]) broker.topicCame(ROOM)
    await sync(ada, bob, cyd)
    for (let index = 0; index < 50; index++)
      for (const { broker } of [ada, bob, cyd]) say(broker, ROOM, `${broker.name} ${index}`)
    let others: number[] = []
    const synced = ada.broker.sync(5_000).then(() => {
      others = [bob, cyd].map(({ came }) => came.filter(({ from }) => from === 'w0').length)
    })
    await within('sync', synced)
    assert.deepEqual(others, [50, 50])
    assert.equal(ada.came.length, 100)
  })

  contract('after topicCame and sync nothing is missed; after topicWent nothing comes', async (t) => {
    const [ada, bob] = (await members(t, make, 2)) as [Member, Member]
    say(ada.broker, ROOM, 'before')
    bob.broker.topicCame(ROOM)
    say(ada.broker, ROOM, 'in that moment: it may come or not')
    await sync(bob)
    const first = say(ada.broker, ROOM, 'one')
    say(ada.broker, ROOM, 'two')
    await sync(ada)
    assert.deepEqual(
      bob.came.slice(-2).map(({ number, text }) => [number, text]),
      [
        [first, 'one'],
        [first + 1, 'two'],
      ],
    )
    bob.broker.topicWent(ROOM)
    say(ada.broker, ROOM, 'on its way')
    await sync(ada, bob)
    assert.equal(say(ada.broker, ROOM, 'after'), 0, 'nobody wants it')
    await sync(ada)
    assert.equal(bob.came.at(-1)?.text, 'two')
    bob.broker.topicCame(ROOM)
    bob.broker.topicWent(ROOM)
    bob.broker.topicCame(ROOM)
    await sync(bob)
    assert.ok(say(ada.broker, ROOM, 'again') > first + 1, 'no number is given twice')
    await sync(ada)
    assert.equal(bob.came.at(-1)?.text, 'again')
  })

  contract('marks say what has been delivered, in plain numbers, for a place where they are compared', async (t) => {
    const [ada, bob, cyd] = (await members(t, make, 3)) as [Member, Member, Member]
    for (const { broker } of [ada, bob, cyd]) broker.topicCame(ROOM)
    await sync(ada, bob, cyd)
    const empty = ada.broker.marks([ROOM, roomTopic('nobody'), ALL])
    assert.deepEqual(JSON.parse(JSON.stringify(empty)), { [ROOM]: {}, 'room:nobody': {}, all: {} })
    const own = say(ada.broker, ROOM, 'own')
    const other = say(bob.broker, ROOM, 'other')
    say(bob.broker, ALL, 'all')
    await sync(ada, bob)
    const marks = ada.broker.marks([ROOM, ALL])
    assert.deepEqual(marks, { [ROOM]: { w0: own, w1: other }, all: { w1: 1 } })
    const past = (from: string, number: number, topic: Topic = ROOM): boolean =>
      isPastMark(marks, { from, topic, number })
    assert.deepEqual(
      [past('w1', other), past('w1', other + 1), past('w0', own), past('w2', 1)],
      [true, false, true, false],
    )
    assert.deepEqual([past('w1', 1, userTopic('u')), past('', 0)], [false, false])
  })

  contract('a listener may publish; names and payloads of any kind come as they are', async (t) => {
    const [ada, bob] = (await members(t, make, 2)) as [Member, Member]
    const names = ['', '\ud800', '\ud801', '\ufffd', '__proto__', 'ü€😀', 'x'.repeat(20_000), ':', 'all']
    for (const room of names) bob.broker.topicCame(roomTopic(room))
    ada.broker.topicCame(roomTopic('echo'))
    bob.broker.onMessage(({ topic, opcode, payload }) => {
      bob.came.push({ from: '', topic, number: 0, opcode, text: Buffer.from(payload).toString('hex') })
      bob.broker.publish(roomTopic('echo'), opcode, Buffer.from(payload))
    })
    await sync(ada, bob)
    const payloads = [Buffer.alloc(0), Buffer.from([0, 255, 128]), Buffer.alloc(1_500_000, 7)]
    for (const room of names) for (const payload of payloads) ada.broker.publish(roomTopic(room), 2, payload)
    await sync(ada)
    const wanted = names.flatMap((room) => payloads.map((payload) => `${roomTopic(room)} ${payload.toString('hex')}`))
    assert.deepEqual(
      bob.came.map(({ topic, text }) => `${topic} ${text}`),
      wanted,
    )
    await sync(bob)
    assert.equal(ada.came.length, wanted.length)
    const tooLong = Buffer.alloc(ada.broker.payloadBytesMax + 1)
    assert.throws(() => ada.broker.publish(ROOM, 2, tooLong), { code: 'HF_SEND_TOO_LONG' })
    ada.broker.publish(roomTopic(':'), 2, tooLong.subarray(1))
    await sync(ada)
    assert.equal(bob.came.length, wanted.length + 1, 'as long as it may be, it comes')
  })

  contract('end: nothing is sent or delivered any more, a sync that waits rejects, the others go on', async (t) => {
    const [ada, bob, cyd] = (await members(t, make, 3)) as [Member, Member, Member]
    for (const { broker } of [ada, bob, cyd]) broker.topicCame(ROOM)
    await sync(ada, bob, cyd)
    const waiting = cyd.broker.sync(5_000)
    say(ada.broker, ROOM, 'on its way')
    cyd.broker.end()
    cyd.broker.end()
    await assert.rejects(waiting, { code: 'HF_ENDED' })
    await assert.rejects(cyd.broker.sync(10), { code: 'HF_ENDED' })
    assert.equal(say(cyd.broker, ROOM, 'too late'), 0)
    cyd.broker.topicCame(roomTopic('late'))
    await sync(ada, bob)
    assert.deepEqual(texts(cyd), [])
    assert.deepEqual(texts(bob), ['on its way'])
  })
}
