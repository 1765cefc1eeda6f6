/** Who does not greet well, does not read, or sends what makes no sense: its link is refused or cut, all others go on. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import { encodeInterests } from '../../../src/broker/broker-frames.ts'
import { encodeGreeting } from '../../../src/broker/greeting.ts'
import { LinkBroker } from '../../../src/broker/link-broker.ts'
import { writeLinkHeader } from '../../../src/broker/link-frames.ts'
import { CHANNELS } from '../../../src/broker/links.ts'
import { GREETING_MS } from '../../../src/broker/socket-link.ts'
import { roomTopic } from '../../../src/connection/topic.ts'
import { turn, until, within } from '../../support/deadline.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { type Meshes, makeMeshes } from '../../support/meshes.ts'

function frame(channel: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(5)
  writeLinkHeader(header, 0, channel, payload.length)
  return Buffer.concat([header, payload])
}

const greeting = (name: string, nonce = name): Buffer =>
  frame(CHANNELS.hello, encodeGreeting({ name, pid: process.pid, nonce }))

async function stranger(t: TestContext, path: string): Promise<Socket> {
  const socket = connect({ path })
  socket.on('error', () => {})
  t.after(() => socket.destroy())
  await within('a connection', once(socket, 'connect'))
  return socket
}

async function closed(socket: Socket): Promise<void> {
  socket.resume()
  if (!socket.closed) await within('it to be closed', once(socket, 'close'))
}

const problems = ({ events }: Meshes): string[] =>
  events.filter(([name]) => name === 'linkRefused').map(([, payload]) => (payload as { problem: string }).problem)

test('a link is refused for a bad greeting, and nothing else happens', async (t) => {
  const made = await makeMeshes(t, ['w1', 'w2'])
  const [first, second] = made.meshes
  await until('both have a link', () => first!.to('w2') !== undefined && second!.to('w1') !== undefined)
  const length = Buffer.alloc(5)
  length.writeUInt32BE(0xffffffff)
  const noise = Buffer.alloc(3_000)
  for (let at = 0; at < noise.length; at++) noise[at] = Math.random() * 256
  noise[0] = 1
  const bad: [Buffer, RegExp][] = [
    [length, /too long/],
    [noise, /too long/],
    [frame(CHANNELS.hello, Buffer.alloc(2_000, 'x')), /too long/],
    [frame(CHANNELS.hello, Buffer.from('{"holdfast":99,"name":"w9","pid":1,"nonce":"n"}')), /version 99/],
    [frame(CHANNELS.publish, Buffer.from('x')), /channel 2 before the greeting/],
    [greeting('w2', 'other'), /another process with the name w2/],
    [greeting('w1'), /a greeting of w1/],
    [greeting('a lower name calls nobody'), /a greeting of a lower/],
  ]
  for (const [bytes, problem] of bad) {
    const socket = await stranger(t, made.paths[0]!)
    socket.write(bytes)
    await closed(socket)
    await until('it is announced', () => problems(made).length > 0)
    assert.match(problems(made).join(), problem)
    made.events.length = 0
  }
  assert.equal(first!.to('w2')!.up, true)
  const clock = new ManualClock()
  const slow = await makeMeshes(t, ['w1'], { clock })
  const silent = await stranger(t, slow.paths[0]!)
  await until('it is there', () => clock.timers === 1)
  clock.advance(GREETING_MS)
  await closed(silent)
  assert.match(problems(slow).join(), /no greeting within/)
  assert.equal(clock.timers, 0)
})

test('strangers are bounded in number', async (t) => {
  const made = await makeMeshes(t, ['w1'])
  const sockets: Socket[] = []
  for (let index = 0; index < 70; index++) sockets.push(await stranger(t, made.paths[0]!))
  await until('six are refused', () => problems(made).length === 6)
  assert.match(problems(made)[0]!, /too many/)
})

/** Greets as the worker `w9` and wants the room; what comes is not read. */
async function linked(t: TestContext, made: Meshes): Promise<Socket> {
  const socket = await stranger(t, made.paths[0]!)
  socket.pause()
  socket.write(greeting('w9'))
  for (const interest of encodeInterests([{ topic: ROOM, came: true }]))
    socket.write(frame(CHANNELS.interest, interest))
  await until('it is linked', () => made.meshes[0]!.to('w9') !== undefined)
  return socket
}

const ROOM = roomTopic('a')

test('what makes no sense ends its link, of the same process a new one may come', async (t) => {
  const made = await makeMeshes(t, ['w1'])
  const mesh = made.meshes[0]!
  const broker = new LinkBroker({ links: mesh, clock: systemClock, events: made.eventsOf })
  mesh.handle(16, () => {
    throw new Error('a handler that fails')
  })
  const noise = (): Buffer => Buffer.from(Array.from({ length: 40 }, () => Math.floor(Math.random() * 200)))
  const bad: [number, Buffer][] = [
    [CHANNELS.hello, encodeGreeting({ name: 'w9', pid: 1, nonce: 'w9' })],
    [CHANNELS.publish, Buffer.alloc(0)],
    [CHANNELS.publish, Buffer.alloc(40, 0xff)],
    [CHANNELS.interest, Buffer.alloc(4)],
    [CHANNELS.interest, Buffer.alloc(40, 0xff)],
    [CHANNELS.pong, Buffer.alloc(3)],
    [16, Buffer.alloc(3)],
  ]
  for (const [channel, payload] of bad) {
    const socket = await linked(t, made)
    socket.write(frame(channel, payload))
    await closed(socket)
    await until('it is announced', () => made.events.some(([name]) => name === 'unlinked'))
    const [, payloadOfEvent] = made.events.find(([name]) => name === 'unlinked')!
    assert.equal((payloadOfEvent as { reason: string }).reason, 'bad')
    made.events.length = 0
  }
  for (let round = 0; round < 200; round++) {
    const socket = await linked(t, made)
    socket.write(Buffer.concat([frame(1 + (round % 4), noise()), noise()]))
    socket.end()
    await closed(socket)
    await until('it is gone', () => mesh.to('w9') === undefined)
  }
  assert.equal(broker.topicCount, 1, 'nothing is left of what they wanted')
})

test('a worker that does not read is cut off at the bound, announced with what is lost; it may come again', async (t) => {
  const linkBytesMax = 4 * 1024 * 1024
  const made = await makeMeshes(t, ['w1', 'w2'], { linkBytesMax })
  const mesh = made.meshes[0]!
  const brokers = made.meshes.map((links) => new LinkBroker({ links, clock: systemClock, events: made.eventsOf }))
  const came: number[] = []
  brokers[1]!.onMessage(({ number }) => came.push(number))
  brokers[1]!.topicCame(ROOM)
  await until('both have a link', () => made.meshes.every((one) => [...one.all()].length === 1))
  await brokers[1]!.sync(5_000)
  const stuck = await linked(t, made)
  await until(
    'it wants the room',
    () => brokers[0]!.publish(ROOM, 2, Buffer.alloc(1)) > 0 && mesh.to('w9')!.waitingBytes > 0,
  )
  const link = mesh.to('w9')!
  const before = came.length
  let most = 0
  let published = 0
  const payload = Buffer.alloc(100_000)
  while (link.up) {
    published++
    brokers[0]!.publish(ROOM, 2, payload)
    most = Math.max(most, link.waitingBytes)
    await until('the other one reads', () => mesh.to('w2')!.waitingBytes < 1_000_000)
    assert.ok(published < 1_000, 'it is cut off some time')
  }
  assert.ok(most <= linkBytesMax, `${most} bytes waited`)
  const [, event] = made.events.find(([name]) => name === 'unlinked')!
  assert.deepEqual({ ...event, lostBytes: 0, problem: '' }, { peer: 'w9', reason: 'stuck', problem: '', lostBytes: 0 })
  assert.ok((event as { lostBytes: number }).lostBytes > linkBytesMax / 2)
  assert.deepEqual(mesh.counts, { stuck: 1, lostBytes: (event as { lostBytes: number }).lostBytes })
  await brokers[0]!.sync(5_000)
  assert.ok(came.length >= before + published, 'the others have missed nothing')
  assert.deepEqual(
    came,
    came.map((_, index) => came[0]! + index),
  )
  stuck.destroy()
  const again = await linked(t, made)
  assert.equal(mesh.to('w9')!.up, true)
  again.destroy()
})

test('a link that is lost is made anew by the one that had made it; part() is for good', async (t) => {
  const clock = new ManualClock()
  const made = await makeMeshes(t, ['w1', 'w2'], { clock })
  const [first, second] = made.meshes
  const linkedAgain = (): boolean => {
    clock.advance(10)
    return first!.to('w2')?.up === true && second!.to('w1')?.up === true
  }
  await until('both have a link', linkedAgain)
  for (const mesh of [first!, second!]) {
    const before = [first!.to('w2'), second!.to('w1')]
    const link = [...mesh.all()][0]!
    link.end()
    assert.equal(link.up, false)
    await until(
      'it is there again',
      () => linkedAgain() && first!.to('w2') !== before[0] && second!.to('w1') !== before[1],
    )
  }
  second!.part('w1')
  first!.part('w2')
  await until('both know', () => first!.to('w2') === undefined && second!.to('w1') === undefined)
  clock.advance(60_000)
  await turn()
  await turn()
  assert.equal(clock.timers, 0, 'nobody tries any more')
  assert.deepEqual([[...first!.all()].length, [...second!.all()].length], [0, 0])
})
