/**
 * Moves that fail: refused, abandoned, unanswered, too late, the peer gone meanwhile, the connection or a server ended meanwhile.
 * Each connection is in one place or has ended so that its client sees it, and nothing is left.
 */
import assert from 'node:assert/strict'
import { createServer as createHttpServer } from 'node:http'
import { Duplex } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { lifeOf } from '../../../src/connection/connection.ts'
import type { Connection, RouteDeclaration } from '../../../src/index.ts'
import { type Frozen, INTERNALS } from '../../../src/server/internals.ts'
import { turn, until } from '../../support/deadline.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { bothSettled, type Movers, type MoversSetup, movers } from '../../support/moving.ts'
import { openRaw, type RawClient, upgradeText } from '../../support/raw-client.ts'
import { errorsOf, makeServer, onlyConnection } from '../../support/serving.ts'

const echo: RouteDeclaration<never> = { message: (connection, message) => void connection.send(message) }

interface Setting {
  readonly pair: Movers
  readonly client: RawClient
  readonly connection: Connection
}

async function setUp<Data>(t: TestContext, setup: MoversSetup<Data> = {}, path = '/'): Promise<Setting> {
  const pair = await movers<Data>(t, { route: echo as RouteDeclaration<Data>, ...setup })
  if (path !== '/') {
    pair.from.route(path, echo)
  }
  const client = await openRaw(t, pair.from.port, path)
  return { pair, client, connection: await onlyConnection(pair.from) }
}

/** It is served here as before, and its client has seen nothing. */
async function servesOn({ client, connection }: Setting): Promise<void> {
  assert.equal(connection.state, 'open')
  const { length } = client.texts
  client.text('still here?')
  assert.deepEqual((await client.nextTexts(length + 1)).at(-1), 'still here?')
}

interface Refusal {
  readonly reason: RegExp
  readonly setup?: MoversSetup<unknown>
  readonly path?: string
  /** What the other side is given instead. */
  readonly state?: (state: Uint8Array) => Uint8Array
  readonly handle?: object
  readonly before?: (pair: Movers, connection: Connection) => unknown
  /** Announced there. */
  readonly errors?: readonly string[]
}

const handoff = { save: () => ({ saved: true }), restore: (value: unknown) => value }
const failingRestore = (restore: (value: unknown) => unknown, handlerTimeoutMs = 5_000): MoversSetup<unknown> => ({
  route: { ...echo, handoff } as RouteDeclaration<unknown>,
  to: { handlerTimeoutMs, route: { ...echo, handoff: { ...handoff, restore } } as RouteDeclaration<unknown> },
})

const REFUSALS: Readonly<Record<string, Refusal>> = {
  'the route is gone': { path: '/gone', reason: /route/ },
  'the state is nothing': { state: () => new Uint8Array(0), reason: /format/ },
  'the state is of another form': { state: (state) => Uint8Array.from(state).fill(9, 3, 4), reason: /format/ },
  'the state is cut off': { state: (state) => state.subarray(0, 40), reason: /format/ },
  'the handle is none': { handle: {}, reason: /handle/ },
  'restore throws': {
    setup: failingRestore(() => {
      throw new Error('no')
    }),
    reason: /restore/,
    errors: ['HF_HANDOFF_FAILED'],
  },
  'restore rejects': {
    setup: failingRestore(() => Promise.reject(new Error('no'))),
    reason: /restore/,
    errors: ['HF_HANDOFF_FAILED'],
  },
  'restore never comes back': {
    setup: failingRestore(() => new Promise(() => {}), 60),
    reason: /restore/,
    errors: ['HF_HANDOFF_FAILED'],
  },
  'the route has no handoff there': {
    setup: {
      route: { ...echo, handoff } as RouteDeclaration<unknown>,
      to: { route: echo as RouteDeclaration<unknown> },
    },
    reason: /restore/,
    errors: ['HF_HANDOFF_FAILED'],
  },
  'it was abandoned before': {
    before: (pair, connection) => pair.to[INTERNALS].arrivals.abandon(connection.id),
    reason: /abandoned/,
  },
  'the server there is closing': { before: (pair) => void pair.to.close(), reason: /closing/ },
}

for (const [name, { reason, setup, path, state, handle, before, errors = [] }] of Object.entries(REFUSALS)) {
  test(`refused because ${name}: nothing is left there, and it is served here as before`, async (t) => {
    const setting = await setUp(t, setup, path)
    const { pair, client, connection } = setting
    const announced = errorsOf(pair.to)
    const { arrivals } = pair.to[INTERNALS]
    arrivals.expect(connection.id, ['all'])
    const frozen = await pair.freeze(connection)
    const departed = await pair.depart(frozen)
    await before?.(pair, connection)
    const adopting =
      handle === undefined
        ? pair.adopt(connection.id, { handle: departed.handle, state: state?.(departed.state) ?? departed.state })
        : arrivals.adopt(connection.id, departed.state, handle)
    await assert.rejects(adopting, (error: Error & { code: string }) => {
      assert.equal(error.code, 'HF_MOVE_REFUSED')
      assert.match(error.message, reason)
      return true
    })
    await until('its descriptor is back', () => pair.to.ledger().sockets === 0)
    frozen.refused()
    await servesOn(setting)
    assert.equal(pair.to.ledger().adopted, 0)
    assert.deepEqual(
      announced.map(({ code }) => code),
      errors,
    )
    client.destroy()
    await bothSettled(pair)
  })
}

test('adopted twice: the second is refused, the first stands', async (t) => {
  const { pair, client, connection } = await setUp(t)
  const frozen = await pair.freeze(connection)
  const departed = await pair.depart(frozen)
  const late = await pair.mirror.copy(departed.handle)
  await pair.adopt(connection.id, departed)
  await assert.rejects(pair.adopt(connection.id, departed), { code: 'HF_MOVE_REFUSED', message: /twice/ })
  pair.commit(frozen)
  const again = pair.to[INTERNALS].arrivals.adopt(connection.id, departed.state, late)
  await assert.rejects(again, { code: 'HF_MOVE_REFUSED', message: /twice/ })
  client.text('there')
  assert.deepEqual(await client.nextTexts(1), ['there'])
  pair.to[INTERNALS].arrivals.commit(connection.id)
  client.destroy()
  await bothSettled(pair)
})

test('abandoned after it was adopted: the client sees nothing, here it is open again', async (t) => {
  const setting = await setUp(t)
  const { pair, client, connection } = setting
  const { arrivals } = pair.to[INTERNALS]
  arrivals.expect(connection.id, ['all'])
  const frozen = await pair.freeze(connection)
  const departed = await pair.depart(frozen)
  client.text('unread')
  await pair.adopt(connection.id, departed)
  assert.equal(arrivals.size, 1)
  assert.equal(pair.to.ledger().sockets, 1)
  arrivals.abandon(connection.id)
  arrivals.commit(connection.id)
  await until('its descriptor is back', () => pair.to.ledger().sockets === 0)
  await assert.rejects(pair.adopt(connection.id, departed), { code: 'HF_MOVE_REFUSED', message: /abandoned/ })
  frozen.refused()
  assert.deepEqual(await client.nextTexts(1), ['unread'])
  await servesOn(setting)
  client.destroy()
  await bothSettled(pair)
})

test('unanswered: closed here and no more, counted and announced; who has it serves it', async (t) => {
  const { pair, client, connection } = await setUp(t)
  const moved: boolean[] = []
  pair.from.on('moved', ({ answered }) => void moved.push(answered))
  const frozen = await pair.freeze(connection)
  const departed = await pair.depart(frozen)
  await pair.adopt(connection.id, departed)
  frozen.unanswered()
  frozen.refused()
  await until('it is gone here', () => connection.state === 'moved')
  pair.to[INTERNALS].arrivals.commit(connection.id)
  client.text('there')
  assert.deepEqual(await client.nextTexts(1), ['there'])
  assert.deepEqual(moved, [false])
  assert.deepEqual([pair.from.ledger().moved, pair.from.ledger().movesUnanswered], [1, 1])
  client.destroy()
  await bothSettled(pair)
})

test('unanswered, and nobody has it: the client sees the end', async (t) => {
  const { pair, client, connection } = await setUp(t)
  const frozen = await pair.freeze(connection)
  await pair.depart(frozen)
  frozen.unanswered()
  await client.gone()
  assert.equal(client.frames.length, 0)
  await bothSettled(pair)
})

test('nobody says anything for a minute: unfrozen, or given up; forgotten there', async (t) => {
  const clock = new ManualClock(1_000)
  const idle = { idleTimeoutMs: 3_600_000, keepaliveIntervalMs: 3_600_000 }
  const setting = await setUp(t, { clock, ...idle })
  const { pair, client, connection } = setting
  const { arrivals } = pair.to[INTERNALS]
  const frozen = await pair.freeze(connection)
  clock.advance(60_100)
  await servesOn(setting)
  assert.equal(await frozen.depart(1_000), null)

  const again = await pair.freeze(connection)
  arrivals.expect(connection.id, ['all'])
  const departed = await pair.depart(again)
  await pair.adopt(connection.id, departed)
  assert.equal(arrivals.size, 1)
  clock.advance(60_100)
  await until('it is given up here', () => connection.state === 'moved')
  assert.equal(pair.from.ledger().movesUnanswered, 1)
  assert.equal(arrivals.size, 0)
  await client.gone()
  arrivals.expect('never comes', ['all'])
  clock.advance(60_100)
  await bothSettled(pair)
})

type Moment = 'frozen' | 'moving, then refused' | 'moving, then adopted'

async function leaveAt(setting: Setting, moment: Moment, leave: () => unknown): Promise<void> {
  const { pair, connection } = setting
  const frozen = await pair.freeze(connection)
  if (moment === 'frozen') {
    await leave()
    frozen.unfreeze()
    return
  }
  const departed = await pair.depart(frozen)
  await leave()
  if (moment === 'moving, then refused') frozen.refused()
  else {
    await pair.adopt(connection.id, departed)
    pair.commit(frozen)
  }
}

for (const moment of ['frozen', 'moving, then refused', 'moving, then adopted'] as const) {
  for (const [how, code, leave] of [
    ['hangs up', 1006, (client: RawClient) => client.socket.end()],
    ['resets', 1006, (client: RawClient) => client.socket.resetAndDestroy()],
    ['says close', 4000, (client: RawClient) => client.closeFrame(4000, 'bye')],
  ] as const) {
    test(`the peer ${how} while it is ${moment}: whoever has it finds out`, async (t) => {
      const endings: number[] = []
      const route: RouteDeclaration<never> = { ...echo, close: (_, ending) => void endings.push(ending.code) }
      const setting = await setUp(t, { route })
      await leaveAt(setting, moment, async () => {
        leave(setting.client)
        for (let turns = 0; turns < 10; turns++) await turn()
      })
      await until('it has ended', () => endings.length > 0)
      assert.deepEqual(endings, [code])
      await bothSettled(setting.pair)
    })
  }
}

test('the peer resets while it is frozen, and something is sent: it ends, and cannot depart', async (t) => {
  const { pair, client, connection } = await setUp(t)
  const frozen = await pair.freeze(connection)
  client.socket.resetAndDestroy()
  await until('writing fails', () => connection.send('x') === 'ended')
  assert.equal(await frozen.depart(1_000), null)
  frozen.unfreeze()
  frozen.refused()
  await bothSettled(pair)
  assert.equal(pair.from.ledger().endingsByCode['1006'], 1)
})

const ENDERS: readonly (readonly [string, number, (setting: Setting) => unknown])[] = [
  ['end()', 4001, ({ connection }) => connection.end({ code: 4001 })],
  ['kill()', 1006, ({ connection }) => connection.kill()],
  ['server.close()', 1001, ({ pair }) => void pair.from.close()],
]

for (const [name, code, end] of ENDERS) {
  test(`${name} while it is frozen: it ends as always and does not depart`, async (t) => {
    const setting = await setUp(t)
    const { pair, client, connection } = setting
    const frozen = await pair.freeze(connection)
    const departing = frozen.depart(1_000)
    end(setting)
    assert.equal(await departing, null)
    assert.equal((await client.closeCode()).code, code)
    client.closeFrame(code === 1006 ? 1000 : code)
    await client.gone()
    frozen.unfreeze()
    await bothSettled(pair)
    assert.equal(pair.from.ledger().endingsByCode[String(code)], 1)
  })

  test(`${name} while a freeze waits for a handler: the freeze gives up`, async (t) => {
    let done: () => void = () => {}
    const route: RouteDeclaration<never> = {
      message: () =>
        new Promise<void>((resolve) => {
          done = resolve
        }),
    }
    const setting = await setUp(t, { route })
    const { pair, client, connection } = setting
    client.text('x')
    await until('it runs', () => connection.messagesReceived === 1)
    const freezing = pair.from[INTERNALS].departures.freeze(connection, 5_000)
    end(setting)
    assert.equal(await freezing, null)
    done()
    assert.equal((await client.closeCode()).code, code)
    client.destroy()
    await bothSettled(pair)
  })

  test(`${name} while it is moving: done when it is refused`, async (t) => {
    const setting = await setUp(t)
    const { pair, client, connection } = setting
    const frozen = await pair.freeze(connection)
    await pair.depart(frozen)
    end(setting)
    assert.equal(connection.state, 'moving')
    await turn()
    assert.equal(client.frames.length, 0)
    frozen.refused()
    assert.equal((await client.closeCode()).code, code)
    client.destroy()
    await bothSettled(pair)
  })

  test(`${name} while it is moving, and the other side has it: not done`, async (t) => {
    const setting = await setUp(t)
    const { pair, client, connection } = setting
    const frozen = await pair.freeze(connection)
    const departed = await pair.depart(frozen)
    end(setting)
    await pair.adopt(connection.id, departed)
    pair.commit(frozen)
    client.text('there')
    assert.deepEqual(await client.nextTexts(1), ['there'])
    client.destroy()
    await bothSettled(pair)
  })
}

test('server.close() gives up what is moving after drainTimeoutMs, and what is arriving at once', async (t) => {
  const { pair, client, connection } = await setUp(t, { drainTimeoutMs: 60 })
  const frozen = await pair.freeze(connection)
  const departed = await pair.depart(frozen)
  await pair.adopt(connection.id, departed)
  await pair.to.close()
  assert.equal(pair.to.ledger().sockets, 0)
  assert.equal(client.closed, false)
  await pair.from.close()
  assert.equal(connection.state, 'moved')
  await client.gone()
  assert.deepEqual([pair.from.ledger().movesUnanswered, client.frames.length], [1, 0])
})

test('a save that fails, or gives what is not plain: announced, served here with a new scope', async (t) => {
  const held: boolean[] = []
  let saved: () => unknown = () => {
    throw new Error('no')
  }
  const route: RouteDeclaration<never> = {
    ...echo,
    hold: (_, { moved }) => void held.push(moved),
    handoff: { save: () => saved(), restore: () => ({}) as never },
  }
  const setting = await setUp(t, { route })
  const { pair, connection } = setting
  const errors = errorsOf(pair.from)
  assert.equal(await (await pair.freeze(connection)).depart(1_000), null)
  await servesOn(setting)
  saved = () => ({ f() {} })
  assert.equal(await (await pair.freeze(connection)).depart(1_000), null)
  await servesOn(setting)
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['HF_HANDOFF_FAILED', 'HF_HANDOFF_FAILED'],
  )
  assert.match(errors[1]!.message, /data\.f is a function/)
  saved = () => 'fine'
  await pair.move(connection)
  assert.deepEqual(held, [false, true])
})

const OBSTACLES: readonly (readonly [
  string,
  string,
  RouteDeclaration<unknown>,
  (connection: Connection) => unknown,
])[] = [
  ['data', 'data', { upgrade: () => ({ when: new (class Moment {})() }) }, () => {}],
  ['scope', 'scope', {}, (connection) => connection.scope.defer(() => {}, 'held')],
  ['state', 'state', {}, (connection) => connection.end()],
]

for (const [name, obstacle, route, prepare] of OBSTACLES) {
  test(`an obstacle: ${name}`, async (t) => {
    const { pair, connection } = await setUp(t, { route: route as RouteDeclaration<never> })
    prepare(connection)
    const { departures } = pair.from[INTERNALS]
    assert.equal(departures.obstacle(connection), obstacle)
    assert.equal(await departures.freeze(connection, 1_000), null)
    if (name !== 'state') assert.equal(connection.state, 'open')
  })
}

class Stream extends Duplex {
  override _read(): void {}
  override _write(_: Buffer, __: BufferEncoding, done: () => void): void {
    done()
  }
}

for (const [name, stream] of [
  ['transport', new Stream()],
  ['tls', Object.assign(new Stream(), { encrypted: true })],
] as const) {
  test(`an obstacle: ${name}`, async (t) => {
    const server = makeServer(t, { route: {} })
    const http = createHttpServer()
    server.attach(http)
    http.emit('connection', stream)
    stream.push(upgradeText('/'))
    const connection = await onlyConnection(server)
    assert.equal(server[INTERNALS].departures.obstacle(connection), name)
    connection.kill()
  })
}

test('no obstacle: with a hold, whatever the scope holds; with a handoff, whatever data is; a task alone', async (t) => {
  const route: RouteDeclaration<unknown> = {
    upgrade: () => new Map([[() => {}, 1]]),
    hold: (connection) => void connection.scope.defer(() => {}),
    handoff: { save: () => 1, restore: () => 2 },
  }
  const { pair, connection } = await setUp(t, { route: route as RouteDeclaration<never> })
  assert.equal(pair.from[INTERNALS].departures.obstacle(connection), null)
  const there = await pair.move(connection)
  assert.equal(there.data, 2)
  const plain = await setUp(t)
  void plain.connection.task(
    'short',
    (signal) => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
  )
  assert.equal(plain.pair.from[INTERNALS].departures.obstacle(plain.connection), null)
  await plain.pair.move(plain.connection)
})

test('what comes between freeze and depart is seen too: a scope that fills, data that changes, a task that begins', async (t) => {
  const data: { fn?: unknown } = {}
  const setting = await setUp(t, { route: { ...echo, upgrade: () => data } as unknown as RouteDeclaration<never> })
  const { pair, connection } = setting
  const depart = (frozen: Frozen): Promise<unknown> => frozen.depart(200)
  let frozen = await pair.freeze(connection)
  const undo = connection.scope.defer(() => {})
  assert.equal(await depart(frozen), null)
  undo()
  frozen = await pair.freeze(connection)
  ;(connection.data as typeof data).fn = () => {}
  assert.equal(await depart(frozen), null)
  delete (connection.data as typeof data).fn
  frozen = await pair.freeze(connection)
  let done: () => void = () => {}
  void connection.task('late', () => new Promise<void>((resolve) => (done = resolve)))
  const departing = depart(frozen)
  done()
  assert.notEqual(await departing, null)
  frozen.refused()
  await servesOn(setting)
})

test('asked twice: a second freeze, depart or word does nothing', async (t) => {
  const setting = await setUp(t)
  const { pair, connection } = setting
  const { departures } = pair.from[INTERNALS]
  const [first, second] = await Promise.all([
    departures.freeze(connection, 1_000),
    departures.freeze(connection, 1_000),
  ])
  assert.ok(first !== null)
  assert.equal(second, null)
  const [departed, again] = await Promise.all([first.depart(1_000), first.depart(1_000)])
  assert.ok(departed !== null)
  assert.equal(again, null)
  first.unfreeze()
  assert.equal(connection.state, 'moving')
  first.refused()
  first.unanswered()
  await servesOn(setting)
  assert.equal(lifeOf(connection)?.state.name, 'open')
})
