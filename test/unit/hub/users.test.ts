/** Connections by user, over real sockets: who is whose, for how long, and what a wrong key does. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Connection, Server } from '../../../src/index.ts'
import { until } from '../../support/deadline.ts'
import { openRaw, type RawClient } from '../../support/raw-client.ts'
import { errorsOf, onlyConnection, serve, settled } from '../../support/serving.ts'

interface Data {
  readonly name: string | undefined
}

async function setUp(t: TestContext): Promise<{ server: Server; visit: (name?: string) => Promise<RawClient> }> {
  const server = await serve<Data>(t, {
    route: {
      upgrade: ({ query }) => ({ name: query.get('name') ?? undefined }),
      user: ({ data }) => data.name,
      message: (connection, message) => void server.user('ada').send(message, { except: connection }),
    },
  })
  const visit = async (name?: string): Promise<RawClient> => {
    const { accepted } = server.ledger()
    const client = await openRaw(t, server.port, name === undefined ? '/' : `/?name=${name}`)
    await until('it is open', () => server.ledger().accepted === accepted + 1)
    return client
  }
  return { server, visit }
}

test('a user is all connections with that key; send reaches them all, and only them', async (t) => {
  const { server, visit } = await setUp(t)
  const [first, second, bob, nobody] = [await visit('ada'), await visit('ada'), await visit('bob'), await visit()]
  const ada = server.user('ada')
  assert.deepEqual([ada.key, ada.size, server.user('bob').size, server.user('eve').size], ['ada', 2, 1, 0])
  assert.deepEqual(
    [...ada.connections].map(({ data }) => (data as Data).name),
    ['ada', 'ada'],
  )
  assert.equal(server.userCount, 2)
  assert.equal(ada.send('one'), 2)
  assert.equal(server.user('eve').send('x'), 0)
  second.text('two')
  assert.deepEqual(await first.nextTexts(2), ['one', 'two'])
  assert.equal(server.publish('last'), 4)
  assert.deepEqual(await second.nextTexts(2), ['one', 'last'])
  for (const other of [bob, nobody]) assert.deepEqual(await other.nextTexts(1), ['last'])
})

test('the empty string is nobody, like undefined', async (t) => {
  const { server, visit } = await setUp(t)
  await visit('')
  await visit()
  assert.deepEqual([server.userCount, server.user('').size], [0, 0])
})

test('a key that is no string is named where it is asked for', async (t) => {
  const { server } = await setUp(t)
  for (const wrong of [undefined, 42, null, {}]) {
    assert.throws(() => server.user(wrong as never), { code: 'HF_OPTION_INVALID', message: /user\(\): key is / })
  }
})

test('the handler is asked once, before open, which can reach the user already', async (t) => {
  const seen: string[] = []
  const server = await serve(t, {
    route: {
      user() {
        seen.push('user')
        return 'ada'
      },
      open: () => void seen.push(`open ${server.user('ada').size}`),
      hold: () => void seen.push('hold'),
      message: (_, message) => void seen.push(String(message)),
    },
  })
  const client = await openRaw(t, server.port)
  client.text('hello')
  await until('all have run', () => seen.length === 4)
  assert.deepEqual(seen, ['user', 'open 1', 'hold', 'hello'])
})

test('a user is gone when the last connection begins to end, and a new one is another beginning', async (t) => {
  const { server, visit } = await setUp(t)
  const [first, second] = [await visit('ada'), await visit('ada')]
  const ada = server.user('ada')
  const [one, two] = [...ada.connections] as [Connection, Connection]
  one.end()
  assert.deepEqual([ada.size, server.userCount, ada.send('x')], [1, 1, 1])
  two.kill()
  assert.deepEqual([ada.size, server.userCount, ada.send('x')], [0, 0, 0])
  await visit('ada')
  assert.equal(ada.size, 1)
  for (const client of [first, second]) client.destroy()
  await until('both are gone', () => server.connections.size === 1)
  assert.deepEqual([ada.size, server.userCount], [1, 1])
})

for (const [what, user] of [
  [
    'throws',
    () => {
      throw new Error('on purpose')
    },
  ],
  ['gives a number', () => 42],
  ['gives a promise', async () => 'ada'],
  ['gives a promise that is rejected', () => Promise.reject(new Error('on purpose'))],
] as const) {
  test(`a handler that ${what} has failed: announced, 1011, and no open without its close`, async (t) => {
    const seen: string[] = []
    const server = await serve(t, {
      route: {
        user: user as unknown as () => string,
        open: () => void seen.push('open'),
        close: (_, { code }) => void seen.push(`close ${code}`),
      },
    })
    const errors = errorsOf(server)
    const client = await openRaw(t, server.port)
    assert.deepEqual((await client.closeCode()).code, 1011)
    client.destroy()
    await settled(server)
    assert.deepEqual(
      errors.map(({ code, message }) => [code, /handler (\w+)/.exec(message)?.[1]]),
      [['HF_HANDLER_FAILED', 'user']],
    )
    assert.deepEqual(seen, ['close 1011'])
    assert.deepEqual([server.userCount, server.ledger().openHooks, server.ledger().closeHooks], [0, 1, 1])
  })
}

test('a handler that ends its connection leaves no user behind, and open does not run', async (t) => {
  let opened = false
  const server = await serve(t, {
    route: {
      user(connection) {
        connection.end({ code: 4001 })
        return 'ada'
      },
      open: () => {
        opened = true
      },
    },
  })
  const client = await openRaw(t, server.port)
  assert.equal((await client.closeCode()).code, 4001)
  client.closeFrame(4001)
  await settled(server)
  assert.deepEqual([server.userCount, opened], [0, false])
})

test('ending the connections of a user while iterating over them reaches all of them', async (t) => {
  const { server, visit } = await setUp(t)
  for (let count = 0; count < 4; count++) await visit('ada')
  let met = 0
  for (const connection of server.user('ada').connections) {
    connection.kill()
    met++
  }
  assert.deepEqual([met, server.userCount], [4, 0])
  await settled(server)
})

test('a connection without a user is asked nothing and costs no entry', async (t) => {
  const server = await serve(t, { route: {} })
  await openRaw(t, server.port)
  await onlyConnection(server)
  assert.equal(server.userCount, 0)
})
