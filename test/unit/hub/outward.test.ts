/** What a publish reaches besides the connections that are here: placeholders and other workers, and what these are told. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SharedMessage } from '../../../src/connection/shared-message.ts'
import { Slab } from '../../../src/connection/slab.ts'
import { ALL, roomTopic, type Topic } from '../../../src/connection/topic.ts'
import { type Elsewhere, Outward, type Placeholder } from '../../../src/hub/outward.ts'

interface Told {
  readonly elsewhere: Elsewhere
  readonly told: string[]
}

function elsewhere(): Told {
  const told: string[] = []
  let number = 0
  return {
    told,
    elsewhere: {
      name: 'w1',
      publish: (topic, message) => {
        told.push(`publish ${topic} ${String(message.message)}`)
        return ++number
      },
      marks: () => ({}),
      isPast: () => false,
      caughtUp: () => Promise.resolve(true),
      topicCame: (topic) => void told.push(`came ${topic}`),
      topicWent: (topic) => void told.push(`went ${topic}`),
    },
  }
}

function placeholder(): Placeholder & { readonly kept: string[] } {
  const kept: string[] = []
  return {
    kept,
    collect: (message, { from, topic, number }) =>
      void kept.push(`${from} ${topic} ${number} ${String(message.message)}`),
  }
}

const ROOM = roomTopic('a')
const say = (text: string): SharedMessage => new SharedMessage(text, 'publish()')

test('alone there is nothing to do; a placeholder collects what is published here, also without other workers', () => {
  const outward = new Outward(() => false)
  assert.deepEqual([outward.busy, outward.connected], [false, false])
  const one = placeholder()
  outward.expect(ROOM, one)
  assert.equal(outward.busy, true)
  outward.tell(ROOM, say('one'), null)
  outward.tell(ALL, say('two'), null)
  outward.forget(ROOM, one)
  outward.forget(ROOM, one)
  assert.equal(outward.busy, false)
  assert.deepEqual(one.kept, [' room:a 0 one'])
})

test('others are told what is wanted: by connections or by placeholders, when it begins and when both have ended', () => {
  const here = new Set<Topic>([ALL])
  const outward = new Outward((topic) => here.has(topic))
  const { elsewhere: others, told } = elsewhere()
  const [one, two] = [placeholder(), placeholder()]
  outward.expect(roomTopic('early'), one)
  outward.connect(others, [roomTopic('b')])
  assert.deepEqual(told.splice(0), ['came room:b', 'came room:early'])
  outward.expect(ROOM, one)
  outward.expect(ROOM, two)
  here.add(ROOM)
  outward.came(ROOM)
  outward.forget(ROOM, one)
  outward.forget(ROOM, two)
  assert.deepEqual(told.splice(0), ['came room:a', 'came room:a'], 'a connection is here')
  outward.expect(ROOM, one)
  here.delete(ROOM)
  outward.went(ROOM)
  assert.deepEqual(told.splice(0), ['came room:a'], 'a placeholder is here')
  outward.forget(ROOM, one)
  assert.deepEqual(told.splice(0), ['went room:a'])
  assert.equal(outward.busy, true)
})

test('what is published here goes to the others first, and has one number for them and for placeholders', () => {
  const outward = new Outward(() => true)
  const { elsewhere: others, told } = elsewhere()
  outward.connect(others, [])
  const one = placeholder()
  outward.expect(ROOM, one)
  told.length = 0
  outward.tell(ROOM, say('own'), null)
  outward.arrived({ from: 'w2', topic: ROOM, number: 7 }, SharedMessage.received(1, Buffer.from('theirs')), null)
  assert.deepEqual(told, ['publish room:a own'])
  assert.deepEqual(one.kept, ['w1 room:a 1 own', 'w2 room:a 7 theirs'])
})

test('a message that is sent in another turn shares nothing with those who had it before; control: without renew() it would', () => {
  const slab = new Slab()
  const [one, two] = [say('one'), say('two')]
  const batch = (): string => one.alone.followedBy(two.frame, slab).view.toString('latin1')
  const right = batch()
  slab.flushed(true)
  say('something else').alone.followedBy(say('that overwrites it').frame, slab)
  assert.notEqual(batch(), right)
  one.renew()
  assert.equal(batch(), right)
})

test('a message from elsewhere keeps nothing of the memory it came in', () => {
  const chunk = Buffer.alloc(65_536, 'x')
  for (const [opcode, wanted] of [
    [1, 'xxxx'],
    [2, Buffer.from('xxxx')],
  ] as const) {
    const message = SharedMessage.received(opcode, chunk.subarray(10, 14))
    assert.deepEqual([message.opcode, message.message], [opcode, wanted])
    assert.notEqual(message.payload.buffer, chunk.buffer)
    assert.notEqual(message.frame.buffer, chunk.buffer)
    chunk.fill('y', 10, 14)
    assert.equal(Buffer.from(message.payload).toString(), 'xxxx')
    chunk.fill('x')
  }
})
