/**
 * After a storm nothing keeps its capacity: 5,000 connections that do not read, each with a backlog, messages that wait behind
 * a slow handler, an unfinished message and rooms, twice. Measured is the heap after collection: when all is calm again
 * but everybody still there, and when all have left. The control keeps a little for each connection, and is seen.
 *
 * The transports have no kernel: with real sockets so much backlog would take gigabytes of it.
 */
import assert from 'node:assert/strict'
import { createServer as createHttpServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import type { Server } from '../../src/index.ts'
import { INTERNALS } from '../../src/server/internals.ts'
import { askUpgrade, BlockedPipe } from '../support/blocked-pipe.ts'
import { turn, until } from '../support/deadline.ts'
import { makeServer } from '../support/serving.ts'
import { clientFrame } from '../support/wire.ts'

const COUNT = 5_000
const MESSAGES = 20
/** Bytes per connection. A handler that was slow once leaves a deadline of about 70 behind, to be used again. */
const CALM_BYTES_MAX = 200
/** Of an array, beside what is in it. */
const ARRAY_BYTES = 48
const GONE_BYTES_MAX = 100
const STORM_BYTES_MIN = 40_000

// Unmasking changes a chunk, so each connection gets a copy.
const WAIT = clientFrame({ opcode: 1, payload: 'wait' })
const WAITING = clientFrame({ opcode: 1, payload: 'x'.repeat(500) })
const UNFINISHED = clientFrame({ opcode: 2, payload: Buffer.alloc(3_000), fin: false })
const FINISHED = clientFrame({ opcode: 0, payload: Buffer.alloc(10), fin: true })

/** Bytes per connection beside what they were before. */
interface Measured {
  readonly storm: number
  readonly calm: number
  readonly gone: number
}

interface World {
  readonly server: Server
  readonly arrive: (count: number) => Promise<BlockedPipe[]>
  /** Lets the handlers that wait finish. */
  readonly release: () => void
}

function begin(t: TestContext): World {
  const http = createHttpServer()
  let waiting: (() => void)[] = []
  const server = makeServer(t, {
    ...{ memoryHeadroomBytes: 0, reclaim: false, outboxBytesMax: 64 * 1024, outboxTotalBytesMax: 2 ** 30 },
    slow: { latestBy: (message) => String(message).slice(0, 4) },
    route: {
      user: ({ id }) => id,
      message(_, message) {
        return message === 'wait' ? new Promise<void>((resolve) => waiting.push(resolve)) : undefined
      },
    },
  })
  server.attach(http)
  return {
    server,
    async arrive(count) {
      const pipes = Array.from({ length: count }, () => new BlockedPipe())
      for (const pipe of pipes) askUpgrade(http, pipe)
      await until('all have their 101', () => pipes.every(({ bytesThrough }) => bytesThrough > 0))
      return pipes
    },
    release() {
      for (const resolve of waiting) resolve()
      waiting = []
    },
  }
}

async function storm({ server }: World, pipes: readonly BlockedPipe[]): Promise<void> {
  for (const pipe of pipes) pipe.blocked = true
  for (const connection of server.connections) {
    for (let index = 0; index < MESSAGES; index++) {
      connection.join(`${connection.id} ${index}`)
      connection.send(`k${index}`.padEnd(1_000))
    }
  }
  await turn()
  // Now they are known to be slow, and what comes waits one by one.
  for (const connection of server.connections) {
    for (let index = 0; index < MESSAGES; index++) connection.send(`k${index}`.padEnd(1_000))
    void connection.drained()
  }
  const received = server.ledger().messagesReceived + pipes.length * (MESSAGES + 1)
  for (const pipe of pipes) {
    pipe.push(Buffer.from(WAIT))
    for (let index = 0; index < MESSAGES; index++) pipe.push(Buffer.from(WAITING))
    pipe.push(Buffer.from(UNFINISHED))
  }
  await until('all messages have come', () => server.ledger().messagesReceived === received)
}

async function calm({ server, release }: World, pipes: readonly BlockedPipe[]): Promise<void> {
  release()
  const received = server.ledger().messagesReceived + pipes.length
  for (const pipe of pipes) {
    pipe.unblock()
    pipe.push(Buffer.from(FINISHED))
  }
  for (const connection of server.connections) for (const room of connection.rooms) connection.leave(room)
  await until('the last messages have come', () => server.ledger().messagesReceived === received)
  await until('everything is written', () => [...server.connections].every(({ bufferedBytes }) => bufferedBytes === 0))
}

/** @param keep what somebody keeps for each connection: nothing, or for the control something */
async function measure(world: World, count: number, keep: () => unknown): Promise<Measured> {
  const { server } = world
  const kept: unknown[] = []
  const before = await heapBytes()
  const pipes = await world.arrive(count)
  const idle = await heapBytes()
  let [stormed, calmed] = [0, 0]
  for (let round = 0; round < 2; round++) {
    await storm(world, pipes)
    stormed = await heapBytes(1)
    await calm(world, pipes)
    if (round === 0) for (let index = 0; index < count; index++) kept.push(keep())
    // Notes of what has happened stay for as long as the connection: they are bounded, see connection/timeline.ts.
    calmed = (await heapBytes()) - timelineBytes(server)
  }
  assert.deepEqual([server.connections.size, server.userCount, server.roomCount], [count, count, 0])
  for (const pipe of pipes) pipe.destroy()
  pipes.length = 0
  await until('all are gone', () => server.connections.size === 0)
  const after = await heapBytes()
  assert.deepEqual([server.userCount, server.roomCount], [0, 0])
  assert.equal(kept.length, count)
  return { storm: (stormed - idle) / count, calm: (calmed - idle) / count, gone: (after - before) / count }
}

/** What the timelines of all connections take: arrays of numbers, eight bytes each. */
function timelineBytes(server: Server): number {
  let bytes = 0
  server[INTERNALS].connections({
    connectionOnSeen(_route, _state, look) {
      const { timeline } = look()
      if (timeline !== null) bytes += ARRAY_BYTES + 8 * timeline.length
    },
  })
  return bytes
}

/** The lowest of several looks: what a job has just let go of may be seen by the first. */
async function heapBytes(looks = 4): Promise<number> {
  let bytes = Number.POSITIVE_INFINITY
  for (let look = 0; look < looks; look++) {
    await new Promise((resolve) => setTimeout(resolve, 5))
    globalThis.gc?.()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    bytes = Math.min(bytes, heapUsed + arrayBuffers)
  }
  return bytes
}

test('backlogs, queues, read buffers, rooms, users and the tables of the server shrink after a storm', async (t) => {
  assert.ok(globalThis.gc, 'run with --expose-gc')
  const world = begin(t)
  // Code that is compiled now is not memory of the storm.
  await measure(world, COUNT / 5, () => null)
  const measured = await measure(world, COUNT, () => null)
  t.diagnostic(JSON.stringify(measured))
  assert.ok(measured.storm > STORM_BYTES_MIN, `it was a storm: ${measured.storm} bytes per connection`)
  assert.ok(measured.calm < CALM_BYTES_MAX, `calm again: ${measured.calm} bytes per connection`)
  assert.ok(measured.gone < GONE_BYTES_MAX, `all gone: ${measured.gone} bytes per connection`)

  await t.test('control: an array kept for each connection is seen, calm and gone', async () => {
    const control = await measure(world, COUNT / 2, () => new Array(40).fill(0))
    t.diagnostic(JSON.stringify(control))
    assert.ok(control.calm > CALM_BYTES_MAX, `${control.calm} bytes per connection`)
    assert.ok(control.gone > GONE_BYTES_MAX, `${control.gone} bytes per connection`)
  })
})
