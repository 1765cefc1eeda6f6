/** Who is in a room: members without a copy, presence with what the route shows of each. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Connection, Server } from '../../../src/index.ts'
import { until } from '../../support/deadline.ts'
import { openRaw } from '../../support/raw-client.ts'
import { errorsOf, makeServer, settled } from '../../support/serving.ts'

interface Data {
  readonly name: string
  readonly secret: string
}

async function setUp(t: TestContext, names: readonly string[]): Promise<{ server: Server; members: Connection[] }> {
  const members: Connection[] = []
  const server = makeServer(t)
  server.route<Data>('/:name', {
    upgrade: ({ params }) => ({ name: params.name ?? '', secret: 's3cret' }),
    user: ({ data }) => (data.name === 'anonymous' ? undefined : data.name),
    shows({ data }) {
      if (data.name === 'thrower') throw new Error('on purpose')
      if (data.name === 'promiser') return Promise.reject(new Error('on purpose'))
      return data.name === 'shy' ? undefined : { name: data.name }
    },
    open(connection) {
      connection.join('room')
      members.push(connection as Connection)
    },
  })
  server.route('/plain/:name', { open: (connection) => void connection.join('room') })
  await server.listen({ port: 0, host: '127.0.0.1' })
  for (const name of names) {
    const { size } = server.room('room')
    await openRaw(t, server.port, `/${name}`)
    await until('it is in', () => server.room('room').size === size + 1)
  }
  return { server, members }
}

test('presence has id, user and what is shown, and nothing else of the data', async (t) => {
  const { server, members } = await setUp(t, ['ada', 'anonymous', 'shy', 'plain/bob'])
  const ids = [...server.room('room').members].map(({ id }) => id)
  const expected = [
    { id: ids[0], user: 'ada', shown: { name: 'ada' } },
    { id: ids[1], user: null, shown: { name: 'anonymous' } },
    { id: ids[2], user: 'shy', shown: null },
    { id: ids[3], user: null, shown: null },
  ]
  assert.deepEqual(server.room('room').presence(), expected)
  assert.deepEqual(members[0]!.room('room').presence(), expected)
  assert.deepEqual(JSON.parse(JSON.stringify(server.room('room').presence())), expected)
  assert.deepEqual(server.room('nobody').presence(), [])
})

test('a shows that throws, or gives a promise, is announced; null is shown and nothing ends', async (t) => {
  const { server } = await setUp(t, ['thrower', 'ada', 'promiser'])
  const errors = errorsOf(server)
  assert.deepEqual(
    server
      .room('room')
      .presence()
      .map(({ user, shown }) => [user, shown]),
    [
      ['thrower', null],
      ['ada', { name: 'ada' }],
      ['promiser', null],
    ],
  )
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['HF_SHOWS_FAILED', 'HF_SHOWS_FAILED'],
  )
  assert.match(errors[0]!.message, /shows\(\) of route \/:name threw: on purpose/)
  assert.equal(server.room('room').size, 3)
})

test('presence is made when asked: what it showed before does not change, and who is ending is not in it', async (t) => {
  const { server, members } = await setUp(t, ['ada', 'bob'])
  const before = server.room('room').presence()
  members[0]!.end()
  assert.deepEqual(
    server
      .room('room')
      .presence()
      .map(({ user }) => user),
    ['bob'],
  )
  assert.equal(before.length, 2)
})

test('members is live: it meets nobody twice, and survives that they end or leave meanwhile', async (t) => {
  const { server } = await setUp(t, ['a', 'b', 'c', 'd'])
  const { members } = server.room('room')
  const met: string[] = []
  for (const member of members) {
    met.push(member.params.name ?? '')
    if (member.params.name === 'a') {
      // One that is ahead goes too.
      for (const other of members) if (other.params.name === 'c') other.kill()
      member.kill()
    } else member.leave('room')
  }
  assert.deepEqual(met, ['a', 'b', 'd'])
  assert.deepEqual([...members], [])
  assert.equal(server.roomCount, 0)
})

test('server.connections survives that all of them end while it is iterated over', async (t) => {
  const { server } = await setUp(t, ['a', 'b', 'c', 'd', 'e'])
  let met = 0
  for (const connection of server.connections) {
    met++
    connection.kill()
    await until('it is closed', () => connection.state === 'closed')
  }
  assert.equal(met, 5)
  await settled(server)
  assert.deepEqual([...server.connections], [])
})
