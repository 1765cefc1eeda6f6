/**
 * Nothing stays of a connection that has moved, where it was: not its life, its socket, its reader, whatever somebody keeps of it.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { lifeOf } from '../../../src/connection/connection.ts'
import { Life } from '../../../src/connection/life.ts'
import { Move } from '../../../src/connection/move.ts'
import { Outbox } from '../../../src/connection/outbox.ts'
import { Kept } from '../../../src/hub/absent.ts'
import { type Connection, createServer, type RouteDeclaration } from '../../../src/index.ts'
import { FrameReader } from '../../../src/protocol/frame-reader.ts'
import { type Frozen, INTERNALS } from '../../../src/server/internals.ts'
import { reachable, reachableOf } from '../../support/census.ts'
import { until } from '../../support/deadline.ts'
import { bothSettled, type Movers, movers } from '../../support/moving.ts'
import { openRaw } from '../../support/raw-client.ts'

const COUNT = 20
const KINDS = { lives: Life, readers: FrameReader, outboxes: Outbox }
const route: RouteDeclaration<{ name: string }> = {
  upgrade: () => ({ name: 'ada' }),
  open: (connection) => void connection.join('room'),
  hold: (connection) => connection.scope.every(60_000, () => connection.send('tick')),
  message: (connection, message) => void connection.send(message),
}

interface Held {
  readonly references: WeakRef<object>[]
  readonly kept: unknown[]
}

/** Moves them all and keeps of each, for ever, what `keep` returns. */
async function moveAll(
  t: TestContext,
  pair: Movers,
  keep: (connection: Connection, frozen: Frozen) => unknown,
): Promise<Held> {
  const references: WeakRef<object>[] = []
  const kept: unknown[] = []
  for (let index = 0; index < COUNT; index++) {
    const client = await openRaw(t, pair.from.port)
    await until('it is here', () => pair.from.connections.size > 0)
    client.text('hello')
    await client.nextTexts(1)
    const note = async (): Promise<void> => {
      const [connection] = pair.from.connections
      const life = lifeOf(connection!)!
      references.push(
        new WeakRef(life),
        new WeakRef(life.socket),
        new WeakRef(life.scope),
        new WeakRef(life.data as object),
      )
      const frozen = await pair.freeze(connection!)
      kept.push(keep(connection!, frozen))
      const departed = await pair.depart(frozen)
      await pair.adopt(connection!.id, departed)
      pair.commit(frozen)
      await until('it is gone here', () => connection!.state === 'moved')
    }
    await note()
    client.text('there')
    await client.nextTexts(2)
    client.destroy()
    await until('it is gone there', () => pair.to.connections.size === 0)
  }
  await bothSettled(pair)
  return { references, kept }
}

const CASES: Readonly<Record<string, (connection: Connection, frozen: Frozen) => unknown>> = {
  nothing: () => null,
  'the connection': (connection) => connection,
  'what moved it': (_, frozen) => frozen,
  'its signal': (connection) => connection.signal,
  'a function that sends': (connection) => () => connection.send('late'),
}

for (const [name, keep] of Object.entries(CASES)) {
  test(`kept: ${name}`, async (t) => {
    const pair = await movers(t, { route })
    const { references, kept } = await moveAll(t, pair, keep)
    assert.equal(kept.length, COUNT)
    assert.equal(await reachableOf(references), 0)
    assert.deepEqual(await reachable(KINDS), { lives: 0, readers: 0, outboxes: 0 })
  })
}

test('control: a life that is kept is seen', async (t) => {
  const pair = await movers(t, { route })
  const { references, kept } = await moveAll(t, pair, (connection) => lifeOf(connection))
  assert.ok((await reachableOf(references)) >= 2 * COUNT)
  assert.equal((await reachable({ lives: Life })).lives, COUNT)
  kept.length = 0
  assert.equal(await reachableOf(references), 0)
})

test('of refused moves nothing stays but the connections', async (t) => {
  const pair = await movers(t, { route })
  const client = await openRaw(t, pair.from.port)
  await until('it is here', () => pair.from.connections.size > 0)
  const refuse = async (): Promise<void> => {
    const [connection] = pair.from.connections
    const frozen = await pair.freeze(connection!)
    await pair.depart(frozen)
    frozen.refused()
  }
  for (let round = 0; round < COUNT; round++) await refuse()
  client.text('still here')
  await client.nextTexts(1)
  assert.deepEqual(await reachable({ moves: Move }), { moves: 0 })
  client.destroy()
  await bothSettled(pair)
})

test('expected and never come: nothing stays when the server closes', async () => {
  const server = createServer({}, { nonce: 'x' })
  const { arrivals } = server[INTERNALS]
  for (let index = 0; index < COUNT; index++) {
    arrivals.expect(`old-${index}`, ['all', 'room:news', 'user:ada'])
    if (index % 2 === 0) arrivals.abandon(`old-${index}`)
  }
  server.room('news').publish('x')
  await server.close()
  assert.deepEqual(await reachable({ kept: Kept }), { kept: 0 })
})
