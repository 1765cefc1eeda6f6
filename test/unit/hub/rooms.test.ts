/** Rooms and the registry, over real connections. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Connection, Server } from '../../../src/index.ts'
import { until } from '../../support/deadline.ts'
import { openRaw, type RawClient } from '../../support/raw-client.ts'
import { serve, settled } from '../../support/serving.ts'

async function setUp(
  t: TestContext,
  count: number,
): Promise<{ server: Server; clients: RawClient[]; members: Connection[] }> {
  const members: Connection[] = []
  const server = await serve(t, {
    deflate: { thresholdBytes: 100 },
    route: { open: (connection) => void members.push(connection as Connection) },
  })
  const clients: RawClient[] = []
  for (let index = 0; index < count; index++) clients.push(await openRaw(t, server.port))
  await until('all are open', () => members.length === count)
  return { server, clients, members }
}

test('join and leave say whether anything changed; a room exists only while somebody is in it', async (t) => {
  const { server, members } = await setUp(t, 2)
  const [ada, bob] = members as [Connection, Connection]
  assert.deepEqual([ada.join('a'), ada.join('a'), ada.join('b'), bob.join('a')], [true, false, true, true])
  assert.deepEqual([...ada.rooms], ['a', 'b'])
  assert.deepEqual(
    [server.room('a').size, server.room('b').size, server.room('c').size, server.roomCount],
    [2, 1, 0, 2],
  )
  assert.deepEqual([ada.leave('a'), ada.leave('a'), ada.leave('b'), ada.leave('c')], [true, false, true, false])
  assert.deepEqual([server.room('a').size, server.roomCount], [1, 1])
  assert.deepEqual([...ada.rooms], [])
})

test('publish reaches the members, all but one if asked, and says how many accepted', async (t) => {
  const { server, clients, members } = await setUp(t, 3)
  const [ada, bob, carol] = members as [Connection<never>, Connection, Connection]
  ada.join('room')
  bob.join('room')
  const room = server.room('room')
  assert.equal(room.name, 'room')
  assert.equal(room.publish('one'), 2)
  assert.equal(ada.room('room').publish('two', { except: ada }), 1)
  assert.equal(server.publish('all'), 3)
  assert.equal(server.publish('not for carol', { except: carol }), 2)
  assert.equal(server.room('nobody').publish('x'), 0)
  assert.deepEqual(await clients[1]!.nextTexts(4), ['one', 'two', 'all', 'not for carol'])
  assert.deepEqual(await clients[0]!.nextTexts(3), ['one', 'all', 'not for carol'])
  assert.deepEqual(await clients[2]!.nextTexts(1), ['all'])
})

test('what publish() and room() cannot use is refused before anything is sent', async (t) => {
  const { server, clients, members } = await setUp(t, 1)
  const [ada] = members as [Connection]
  ada.join('room')
  const misspelt = { excpet: ada } as never
  for (const publish of [server, server.room('room'), ada.room('room')]) {
    assert.throws(() => publish.publish('x', misspelt), {
      code: 'HF_OPTION_UNKNOWN',
      message: /"excpet" in publish\(\).*except/,
    })
    assert.throws(() => publish.publish('x', 'ada' as never), { code: 'HF_OPTION_INVALID' })
    assert.throws(() => publish.publish('x', { except: ada.id as never }), { code: 'HF_OPTION_INVALID' })
  }
  assert.throws(() => server.user('ada').send('x', misspelt), { code: 'HF_OPTION_UNKNOWN' })
  for (const room of [server, ada]) assert.throws(() => room.room(5 as never), { code: 'HF_OPTION_INVALID' })
  server.publish('after them')
  assert.deepEqual(await clients[0]!.nextTexts(1), ['after them'])
})

test('a connection that begins to end leaves its rooms at once; its close hook still knows them', async (t) => {
  let rooms: readonly string[] = []
  const server = await serve(t, {
    closeTimeoutMs: 5_000,
    route: {
      open: (connection) => void connection.join('room'),
      close: (connection) => {
        rooms = connection.rooms
        assert.equal(connection.join('again'), false)
      },
    },
  })
  const client = await openRaw(t, server.port)
  await until('it is there', () => server.room('room').size === 1)
  const [connection] = [...server.connections]
  connection!.end()
  assert.deepEqual([server.room('room').size, server.roomCount, server.room('room').publish('x')], [0, 0, 0])
  client.closeFrame(1000)
  await settled(server)
  assert.deepEqual([...rooms], ['room'])
  assert.deepEqual([...connection!.rooms], [])
})

test('the registry has a connection by id until it is closed', async (t) => {
  const { server, clients, members } = await setUp(t, 2)
  const [ada] = members as [Connection]
  assert.equal(server.connection(ada.id), ada)
  assert.deepEqual(new Set(server.connections), new Set(members))
  assert.equal(new Set(members.map(({ id }) => id)).size, 2)
  clients[0]!.socket.destroy()
  await until('it is gone', () => server.connections.size === 1)
  assert.equal(server.connection(ada.id), undefined)
  assert.equal(server.connection('unknown'), undefined)
})

test('names of Object.prototype are rooms like any other', async (t) => {
  const { server, members } = await setUp(t, 1)
  for (const name of ['__proto__', 'constructor', '', 'a b', '😀']) {
    assert.equal(members[0]!.join(name), true)
    assert.equal(server.room(name).size, 1)
    assert.equal(members[0]!.leave(name), true)
  }
  assert.equal(server.roomCount, 0)
})

test('a join after the end has begun is refused, and not remembered', async (t) => {
  const seen: unknown[] = []
  const server = await serve(t, {
    route: {
      open: (connection) => void connection.join('before'),
      close: (connection) => void seen.push(connection.join('in close'), [...connection.rooms]),
    },
  })
  const client = await openRaw(t, server.port)
  await until('it is there', () => server.roomCount === 1)
  const [connection] = [...server.connections] as [Connection]
  connection.end()
  assert.deepEqual([connection.state, connection.join('late')], ['closing', false])
  client.closeFrame(1000)
  await settled(server)
  assert.deepEqual(seen, [false, ['before']])
  assert.equal(connection.join('after'), false)
  assert.deepEqual([server.roomCount, server.room('late').size, server.room('after').size], [0, 0, 0])
})

test('roomsMax bounds the rooms of a connection: counted, announced, and room again after a leave', async (t) => {
  const limits: unknown[] = []
  const server = await serve(t, {
    roomsMax: 2,
    route: { message: (connection, name) => void connection.send(String(connection.join(String(name)))) },
  })
  server.on('limit', ({ limit, mode, connection, route }) => limits.push([limit, mode, connection?.id, route]))
  const client = await openRaw(t, server.port)
  for (const name of ['a', 'b', 'a', 'c', 'd']) client.text(name)
  assert.deepEqual(await client.nextTexts(5), ['true', 'true', 'false', 'false', 'false'])
  const [connection] = [...server.connections] as [Connection]
  const announced = ['roomsMax', 'refuse', connection.id, '/']
  assert.deepEqual(limits, [announced, announced])
  assert.deepEqual(server.ledger().limits.roomsMax, { refused: 2, warned: 0 })
  assert.equal(server.roomCount, 2)
  connection.leave('a')
  assert.deepEqual([connection.join('c'), [...connection.rooms]], [true, ['b', 'c']])
})

test('roomsMax in warnOnly refuses nothing; a listener that ends the connection keeps it out', async (t) => {
  const server = await serve(t, { roomsMax: 1, warnOnly: ['roomsMax'], route: {} })
  await openRaw(t, server.port)
  await until('it is there', () => server.connections.size === 1)
  const [connection] = [...server.connections] as [Connection]
  assert.deepEqual([connection.join('a'), connection.join('b')], [true, true])
  assert.deepEqual(server.ledger().limits.roomsMax, { refused: 0, warned: 1 })
  server.on('limit', () => connection.kill())
  assert.deepEqual([connection.join('c'), server.roomCount], [false, 0])
})

test('a route may have its own roomsMax', async (t) => {
  const server = await serve(t, { roomsMax: 1, route: { roomsMax: 3 } })
  await openRaw(t, server.port)
  await until('it is there', () => server.connections.size === 1)
  const [connection] = [...server.connections] as [Connection]
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((name) => connection.join(name)),
    [true, true, true, false],
  )
})
