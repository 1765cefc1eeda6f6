/** Peers that begin a message and do not finish it, and peers that are quiet, with a clock that the test moves. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Connection, ServerOptionsInput } from '../../../src/index.ts'
import { until } from '../../support/deadline.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { openRaw, type RawClient } from '../../support/raw-client.ts'
import { onlyConnection, serve } from '../../support/serving.ts'
import { clientFrame } from '../../support/wire.ts'

interface Setting {
  readonly clock: ManualClock
  readonly client: RawClient
  readonly connection: Connection
}

async function setUp(t: TestContext, options: ServerOptionsInput): Promise<Setting> {
  const clock = new ManualClock(1_000)
  // First, because hooks run in this order: time stands, so what a test leaves open would be waited for for ever.
  t.after(() => connection.kill())
  const server = await serve(t, { ...options, route: {}, surroundings: { clock } })
  const client = await openRaw(t, server.port)
  const connection = await onlyConnection(server)
  return { clock, client, connection }
}

const count = (client: RawClient, opcode: number): number =>
  client.frames.filter((frame) => frame.opcode === opcode).length

/** All that was written so far has been read. */
async function read(client: RawClient): Promise<void> {
  const pongs = count(client, 10)
  client.frame({ opcode: 9 })
  await until('a pong', () => count(client, 10) > pongs || count(client, 8) > 0 || client.ended)
}

test('messageTimeoutMs holds for a message of which only an empty fragment has come, whatever pings come after', async (t) => {
  const { clock, client, connection } = await setUp(t, { messageTimeoutMs: 1_000 })
  client.frame({ opcode: 1, fin: false })
  await read(client)
  for (let passed = 100; passed <= 900; passed += 100) {
    clock.advance(100)
    await read(client)
    assert.equal(connection.state, 'open', `after ${passed} ms`)
  }
  clock.advance(200)
  assert.equal((await client.closeCode()).code, 1008)
})

test('messageTimeoutMs holds for a header whose payload does not come', async (t) => {
  const frame = clientFrame({ opcode: 1, payload: Buffer.alloc(70_000) })
  for (const bytes of [1, 2, 4, 10, 14]) {
    await t.test(`${bytes} bytes of it`, async (t) => {
      const { clock, client, connection } = await setUp(t, { messageTimeoutMs: 1_000, idleTimeoutMs: 3_600_000 })
      client.write(Buffer.concat([clientFrame({ opcode: 9 }), frame.subarray(0, bytes)]))
      await until('both have been read', () => count(client, 10) === 1)
      clock.advance(900)
      assert.equal(connection.state, 'open')
      clock.advance(200)
      assert.equal((await client.closeCode()).code, 1008)
    })
  }
})

test('messageTimeoutMs ends with its message: one that is complete leaves no deadline', async (t) => {
  const whole = clientFrame({ opcode: 1, payload: 'a message' })
  const splits: Readonly<Record<string, readonly [Buffer, Buffer]>> = {
    'an empty fragment, then the last': [
      clientFrame({ opcode: 1, fin: false }),
      clientFrame({ opcode: 0, payload: 'end' }),
    ],
    'an empty fragment, then an empty last': [clientFrame({ opcode: 1, fin: false }), clientFrame({ opcode: 0 })],
    'one byte of the header, then the rest': [whole.subarray(0, 1), whole.subarray(1)],
    'the header, then the payload': [whole.subarray(0, 6), whole.subarray(6)],
    'half the payload, then the rest': [whole.subarray(0, 10), whole.subarray(10)],
  }
  for (const [name, [begin, end]] of Object.entries(splits)) {
    await t.test(name, async (t) => {
      const { clock, client, connection } = await setUp(t, { messageTimeoutMs: 1_000 })
      for (let round = 1; round <= 3; round++) {
        client.write(Buffer.concat([clientFrame({ opcode: 9 }), begin]))
        await until('it has begun', () => count(client, 10) === 2 * round - 1 || client.ended)
        clock.advance(900)
        client.write(end)
        await until('it is complete', () => connection.messagesReceived === round || client.ended)
        clock.advance(900)
        await read(client)
        assert.equal(connection.state, 'open', `message ${round}`)
      }
    })
  }
})

test('an idleTimeoutMs below keepaliveIntervalMs: asked at half of it, and a quiet client that answers stays', async (t) => {
  const { clock, client, connection } = await setUp(t, { idleTimeoutMs: 1_000, keepaliveIntervalMs: 10_000 })
  for (let asked = 1; asked <= 10; asked++) {
    clock.advance(540)
    await until('a ping', () => count(client, 9) === asked || client.ended)
    assert.equal(connection.state, 'open')
    client.frame({ opcode: 10 })
    await read(client)
  }
  clock.advance(1_100)
  assert.equal((await client.closeCode()).code, 1001)
})
