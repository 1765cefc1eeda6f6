/**
 * What belongs to a connection that moves: its scope ends here and begins there, its tasks are told and waited for, its handler is waited
 * for, its data and its times go along.
 */
import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import type { Connection, RouteDeclaration } from '../../../src/index.ts'
import { INTERNALS } from '../../../src/server/internals.ts'
import { deferred, turn, until } from '../../support/deadline.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { bothSettled, movers } from '../../support/moving.ts'
import { openRaw } from '../../support/raw-client.ts'
import { errorsOf, onlyConnection } from '../../support/serving.ts'
import { clientFrame } from '../../support/wire.ts'

test('the scope ends here with the reason moved, and hold fills it again there', async (t) => {
  const bus = new EventEmitter()
  const released: unknown[] = []
  const route: RouteDeclaration<undefined> = {
    hold(connection, { moved }) {
      connection.scope.listen(bus, 'news', (text: string) => connection.send(`${moved}: ${text}`))
      connection.scope.defer((reason) => void released.push(reason))
    },
  }
  const pair = await movers(t, { route })
  const client = await openRaw(t, pair.from.port)
  const connection = await onlyConnection(pair.from)
  const { signal } = connection
  bus.emit('news', 'one')
  const there = await pair.move(connection, () => {
    assert.equal(bus.listenerCount('news'), 0)
    bus.emit('news', 'nobody hears this')
  })
  assert.equal(signal.aborted, true)
  assert.equal(signal.reason.code, 'HF_MOVED')
  assert.deepEqual(released, [signal.reason])
  assert.equal(there.signal.aborted, false)
  bus.emit('news', 'two')
  assert.deepEqual(await client.nextTexts(2), ['false: one', 'true: two'])
  for (const property of ['data', 'params', 'protocol', 'remoteAddress', 'signal', 'scope'] as const) {
    assert.throws(() => connection[property], { code: 'HF_CONNECTION_MOVED' })
  }
  assert.equal(connection.send('late'), 'ended')
  assert.equal(connection.join('late'), false)
  assert.equal(await connection.task('late', () => 1), undefined)
  client.destroy()
  await bothSettled(pair)
  assert.equal(bus.listenerCount('news'), 0)
})

test('a running handler is waited for; a task gets its signal and is waited for', async (t) => {
  const gate = deferred()
  const told = deferred<{ code: string }>()
  const route: RouteDeclaration<undefined> = {
    async message(connection) {
      void connection.task('work', async (signal) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        told.resolve(signal.reason)
        connection.send('task done')
        throw signal.reason
      })
      await gate.promise
      connection.send('handler done')
    },
  }
  const pair = await movers(t, { route })
  const errors = errorsOf(pair.from)
  const client = await openRaw(t, pair.from.port)
  const connection = await onlyConnection(pair.from)
  const { departures } = pair.from[INTERNALS]
  assert.equal(departures.waitsFor(connection), null)
  client.text('go')
  await until('it runs', () => departures.waitsFor(connection) === 'handler')
  const freezing = pair.freeze(connection)
  client.text('is handled there')
  await turn()
  assert.deepEqual([...departures.connections()], [], 'it is leaving')
  gate.resolve()
  assert.equal((await told.promise).code, 'HF_MOVED')
  const frozen = await freezing
  assert.equal(departures.waitsFor(connection), null)
  const departed = await pair.depart(frozen)
  await pair.adopt(connection.id, departed)
  pair.commit(frozen)
  assert.deepEqual((await client.nextTexts(2)).slice(0, 2), ['handler done', 'task done'])
  assert.deepEqual(errors, [])
  await until('it is handled there', () => pair.to.ledger().messagesReceived === 1)
})

test('what does not finish in time keeps the connection here, with a new scope if its tasks were told to stop', async (t) => {
  const held: boolean[] = []
  const gate = deferred()
  const route: RouteDeclaration<undefined> = {
    hold(connection, { moved }) {
      held.push(moved)
      connection.scope.every(3_600_000, () => {}, 'hourly')
    },
    async message(connection, message) {
      if (message === 'handler') await gate.promise
      if (message === 'task') void connection.task('stubborn', () => gate.promise)
      connection.send(message)
    },
  }
  const pair = await movers(t, { route })
  const client = await openRaw(t, pair.from.port)
  const connection = await onlyConnection(pair.from)
  const { departures } = pair.from[INTERNALS]
  client.text('handler')
  await until('it runs', () => departures.waitsFor(connection) === 'handler')
  assert.equal(await departures.freeze(connection, 40), null)
  assert.equal(connection.signal.aborted, false)
  gate.resolve()
  await client.nextTexts(1)
  const stubborn = deferred()
  void connection.task('stubborn', () => stubborn.promise)
  const { scope, signal } = connection
  assert.equal(await departures.freeze(connection, 40), null)
  assert.equal(signal.reason.code, 'HF_MOVED')
  assert.notEqual(connection.scope, scope)
  assert.deepEqual(held, [false, true])
  assert.deepEqual(
    connection.scope.held().map(({ name }) => name),
    ['hourly'],
  )
  assert.equal(scope.ended, true)
  assert.equal(connection.state, 'open')
  client.text('still here')
  assert.deepEqual(await client.nextTexts(2), ['handler', 'still here'])
  stubborn.resolve()
})

test('refused: open again, a new scope, hold runs with moved, what was unread is read', async (t) => {
  const held: string[] = []
  const route: RouteDeclaration<undefined> = {
    hold: (connection, { moved }) => {
      held.push(String(moved))
      connection.scope.defer(() => void held.push('released'))
    },
    message: (connection, message) => void connection.send(message),
  }
  const pair = await movers(t, { route })
  const client = await openRaw(t, pair.from.port)
  const connection = await onlyConnection(pair.from)
  for (let round = 1; round <= 3; round++) {
    const frozen = await pair.freeze(connection)
    client.text(`unread ${round}`)
    const { handle } = await pair.depart(frozen)
    assert.equal(typeof handle, 'object')
    assert.equal(connection.state, 'moving')
    frozen.refused()
    frozen.refused()
    frozen.adopted()
    assert.equal(connection.state, 'open')
    assert.equal(connection.signal.aborted, false)
    await client.nextTexts(round)
  }
  assert.deepEqual(client.texts, ['unread 1', 'unread 2', 'unread 3'])
  assert.deepEqual(held, ['false', ...Array(3).fill(['released', 'true']).flat()])
  assert.deepEqual([pair.from.ledger().movesRefused, pair.from.ledger().moved], [3, 0])
})

test('hold there may send, fail, or take its time: messages wait for it', async (t) => {
  const gate = deferred()
  const pair = await movers(t, {
    route: {},
    to: {
      route: {
        async hold(connection) {
          connection.send('held')
          await gate.promise
          connection.send('held on')
        },
        message: (connection, message) => void connection.send(message),
      },
    },
  })
  const client = await openRaw(t, pair.from.port)
  const there = await pair.move(await onlyConnection(pair.from), () => client.text('unread'))
  await client.nextTexts(1)
  assert.equal(there.messagesReceived <= 1, true)
  gate.resolve()
  assert.deepEqual(await client.nextTexts(3), ['held', 'held on', 'unread'])

  const failing = await movers(t, {
    to: {
      route: {
        hold() {
          throw new Error('no')
        },
      },
    },
  })
  const errors = errorsOf(failing.to)
  const other = await openRaw(t, failing.from.port)
  await failing.move(await onlyConnection(failing.from))
  assert.equal((await other.closeCode()).code, 1011)
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['HF_HANDLER_FAILED'],
  )
})

test('the idle clock and the keepalive go on where they were, and stand while it moves', async (t) => {
  const clock = new ManualClock(1_000)
  const pair = await movers(t, { clock, keepaliveIntervalMs: 20_000, idleTimeoutMs: 60_000 })
  const client = await openRaw(t, pair.from.port)
  const connection = await onlyConnection(pair.from)
  const pings = (): number => client.frames.filter(({ opcode }) => opcode === 9).length
  clock.advance(15_000)
  const frozen = await pair.freeze(connection)
  clock.advance(40_000)
  await turn()
  assert.equal(pings(), 0, 'no ping while it is frozen')
  const departed = await pair.depart(frozen)
  clock.advance(40_000)
  await pair.adopt(connection.id, departed)
  const there = pair.commit(frozen)
  clock.advance(4_000)
  await turn()
  assert.equal(pings(), 0)
  clock.advance(1_200)
  await until('the ping that was due after 20 s of quiet', () => pings() === 1)
  clock.advance(35_000)
  assert.equal(there.state, 'open')
  clock.advance(5_200)
  assert.equal(there.state, 'closing', '60 s of quiet, the time in between left out')
  assert.equal(there.ending?.code, 1001)
  clock.advance(10_000)
})

test('a message that is not whole has what was left of messageTimeoutMs, here after a refusal and there', async (t) => {
  const clock = new ManualClock(1_000)
  const pair = await movers(t, {
    clock,
    messageTimeoutMs: 30_000,
    idleTimeoutMs: 3_600_000,
    keepaliveIntervalMs: 3_600_000,
  })
  const client = await openRaw(t, pair.from.port)
  const connection = await onlyConnection(pair.from)
  client.write(clientFrame({ opcode: 1, payload: 'slowly' }).subarray(0, 9))
  await turn()
  await turn()
  clock.advance(10_000)
  const refused = await pair.freeze(connection)
  await pair.depart(refused)
  clock.advance(20_000)
  refused.refused()
  clock.advance(10_000)
  assert.equal(connection.state, 'open')
  const there = await pair.move(connection, () => clock.advance(20_000))
  clock.advance(9_900)
  assert.equal(there.state, 'open')
  clock.advance(300)
  assert.deepEqual([there.state, there.ending?.reason], ['closing', 'message not complete within messageTimeoutMs'])
  clock.advance(10_000)
})

test('what may still come of messagesPerSecondMax goes along; time on the way counts for the client', async (t) => {
  const clock = new ManualClock(1_000)
  const pair = await movers(t, { clock, messagesPerSecondMax: 10, idleTimeoutMs: 3_600_000 })
  const client = await openRaw(t, pair.from.port)
  const connection = await onlyConnection(pair.from)
  for (let count = 0; count < 8; count++) client.text('x')
  await until('all have come', () => connection.messagesReceived === 8)
  const there = await pair.move(connection, () => clock.advance(300))
  // Two were left, three have been gained.
  for (let count = 0; count < 5; count++) client.text('x')
  await until('all have come', () => there.messagesReceived === 13)
  assert.equal(there.state, 'open')
  client.text('x')
  assert.equal((await client.closeCode()).code, 1008)
  clock.advance(10_000)
})

test('plain data goes along as it is; other data through save and restore', async (t) => {
  class Session {
    readonly name: string
    constructor(name: string) {
      this.name = name
    }
  }
  const data = { name: 'ada', at: new Date(5), tags: new Set(['a']), more: new Map([[1, { x: Buffer.from('x') }]]) }
  const plain = await movers<typeof data>(t, { route: { upgrade: () => data } })
  await openRaw(t, plain.from.port)
  const there = await plain.move(await onlyConnection(plain.from))
  assert.deepEqual(there.data, data)
  assert.notEqual(there.data, data)

  const held: string[] = []
  const route: RouteDeclaration<Session> = {
    upgrade: () => new Session('ada'),
    hold: (connection) => void connection.scope.defer(() => void held.push('released')),
    message: (connection) => void connection.send(`${connection.data instanceof Session} ${connection.data.name}`),
    handoff: {
      save(connection) {
        held.push('saved')
        return { name: connection.data.name }
      },
      restore: async (value) => new Session(`${(value as { name: string }).name} again`),
    },
  }
  const pair = await movers<Session>(t, { route })
  const client = await openRaw(t, pair.from.port)
  await pair.move(await onlyConnection(pair.from))
  client.text('who?')
  assert.deepEqual(await client.nextTexts(1), ['true ada again'])
  assert.deepEqual(held, ['saved', 'released'])
})

test('params and the subprotocol go along; the route is the one with the same path', async (t) => {
  const pair = await movers(t)
  const declaration: RouteDeclaration<undefined> = { protocols: ['v2'] }
  pair.from.route('/chat/:room', declaration)
  pair.to.route('/:any', {}).route('/chat/:room', {})
  await openRaw(t, pair.from.port, '/chat/bl%C3%BCte', { 'Sec-WebSocket-Protocol': 'v2' })
  const there: Connection = await pair.move(await onlyConnection(pair.from))
  assert.deepEqual([there.params, there.protocol], [{ room: 'blüte' }, 'v2'])
  assert.equal(pair.to.ledger().routes['/chat/:room']?.open, 1)
})
