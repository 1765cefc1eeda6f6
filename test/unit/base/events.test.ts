import assert from 'node:assert/strict'
import { channel } from 'node:diagnostics_channel'
import { test } from 'node:test'
import { Events } from '../../../src/base/events.ts'

interface Payloads {
  ping: { readonly count: number }
  other: { readonly text: string }
}

function setUp(): { events: Events<Payloads>; failed: [string, unknown][] } {
  const failed: [string, unknown][] = []
  return { events: new Events<Payloads>((event, thrown) => failed.push([event, thrown])), failed }
}

test('listeners hear their event, in order, until they are ended', () => {
  const { events } = setUp()
  const heard: string[] = []
  const end = events.on('ping', ({ count }) => heard.push(`first ${count}`))
  events.on('ping', ({ count }) => heard.push(`second ${count}`))
  events.emit('ping', { count: 1 })
  end()
  end()
  events.emit('ping', { count: 2 })
  events.emit('other', { text: 'unheard' })
  assert.deepEqual(heard, ['first 1', 'second 1', 'second 2'])
})

test('one function added twice is two listeners', () => {
  const { events } = setUp()
  let heard = 0
  const listener = (): void => void heard++
  const end = events.on('ping', listener)
  events.on('ping', listener)
  events.emit('ping', { count: 1 })
  assert.equal(heard, 2)
  end()
  events.emit('ping', { count: 1 })
  assert.equal(heard, 3)
})

test('the diagnostics channel hears it too, and counts as wanted', () => {
  const { events } = setUp()
  assert.equal(events.wanted('ping'), false)
  const heard: unknown[] = []
  const subscriber = (message: unknown): void => void heard.push(message)
  const shared = channel('holdfast:ping')
  shared.subscribe(subscriber)
  assert.equal(events.wanted('ping'), true)
  assert.equal(events.listened('ping'), false)
  assert.equal(events.wanted('other'), false)
  const payload = { count: 3 }
  events.emit('ping', payload)
  shared.unsubscribe(subscriber)
  assert.equal(events.wanted('ping'), false)
  events.emit('ping', payload)
  assert.deepEqual(heard, [payload])
  assert.equal(heard[0], payload)
})

test('a listener that throws reaches onListenerError, not the one who announced, and the others hear', () => {
  const { events, failed } = setUp()
  const heard: number[] = []
  events.on('ping', () => {
    throw new Error('bad listener')
  })
  events.on('ping', ({ count }) => heard.push(count))
  events.emit('ping', { count: 1 })
  assert.deepEqual(heard, [1])
  assert.equal(failed.length, 1)
  assert.equal(failed[0]![0], 'ping')
  assert.equal((failed[0]![1] as Error).message, 'bad listener')
})

test('a listener may end itself, and another, while it hears', () => {
  const { events } = setUp()
  const heard: string[] = []
  const endFirst = events.on('ping', () => {
    heard.push('first')
    endFirst()
    endSecond()
  })
  const endSecond = events.on('ping', () => heard.push('second'))
  events.emit('ping', { count: 1 })
  events.emit('ping', { count: 2 })
  assert.deepEqual(heard, ['first'])
  assert.equal(events.wanted('ping'), false)
})

test('two emitters in one process do not meet', () => {
  const [one, two] = [setUp().events, setUp().events]
  let heard = 0
  one.on('ping', () => heard++)
  two.emit('ping', { count: 1 })
  assert.equal(heard, 0)
})
