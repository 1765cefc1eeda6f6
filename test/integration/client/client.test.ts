/**
 * `holdfast/client` as it is built: its size, that it stands alone, and what it does against a real server, with the WebSocket
 * of `ws`. In a page it is tested with the chat example (peers/chromium).
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { WebSocket } from 'ws'
import type * as ClientModule from '../../../src/client/index.ts'
import { until, within } from '../../support/deadline.ts'
import { serve, settled } from '../../support/serving.ts'

const BYTES_MAX = 2_048
const built = new URL('../../../dist/client/index.js', import.meta.url)
const { connect } = (await import(built.href)) as typeof ClientModule

interface Seen {
  readonly client: ClientModule.Client
  readonly names: string[]
  readonly states: ClientModule.ClientState[]
  readonly heard: unknown[]
}

function follow(t: TestContext, port: number, options: ClientModule.ClientOptions = {}, path = '/'): Seen {
  const states: ClientModule.ClientState[] = []
  const names: string[] = []
  const heard: unknown[] = []
  const client = connect(`ws://127.0.0.1:${port}${path}`, {
    ...{ WebSocket, waitFirstMs: 20 },
    onMessage: (data) => heard.push(data),
    onState(state) {
      states.push(state)
      names.push(state.name)
    },
    ...options,
  })
  t.after(() => client.end())
  return { client, names, states, heard }
}

test('the built file, as it is served (not minified, with its comments), is below 2 KB compressed', () => {
  const text = readFileSync(built)
  const bytes = gzipSync(text, { level: 9 }).length
  assert.ok(bytes < BYTES_MAX, `${bytes} bytes`)
  assert.ok(
    gzipSync(Buffer.concat([text, Buffer.from(randomText(1_000))]), { level: 9 }).length > BYTES_MAX,
    'a kilobyte more is seen',
  )
})

/** Does not compress well. */
function randomText(length: number): string {
  return Array.from({ length }, () => Math.random().toString(36).at(-1)).join('')
}

test('it imports nothing, and touches nothing that a page does not have', () => {
  const text = readFileSync(built, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
  assert.doesNotMatch(text, /\bimport\b|\brequire\b|\bprocess\b|\bBuffer\b|node:/)
})

test('text and bytes both ways, and an end the server sees', async (t) => {
  const endings: string[] = []
  const server = await serve(t, {
    route: {
      message: (connection, message) => void connection.send(message),
      close: (_, { code, reason, by }) => void endings.push(`${code} ${reason} ${by}`),
    },
  })
  const { client, names, heard } = follow(t, server.port)
  await until('it is open', () => client.state.name === 'open')
  assert.equal(client.send('hello'), true)
  assert.equal(client.send(new Uint8Array([1, 2, 3])), true)
  await until('both are back', () => heard.length === 2)
  assert.equal(heard[0], 'hello')
  assert.deepEqual(new Uint8Array(heard[1] as ArrayBuffer), new Uint8Array([1, 2, 3]))
  client.end(4000, 'done')
  await until('the server has seen it', () => endings.length === 1)
  assert.deepEqual([endings, names], [['4000 done peer'], ['connecting', 'open', 'stopped']])
  await settled(server)
})

test('a drain: it comes back to the next server when it was told to, and not before', async (t) => {
  const [first, next] = [await serve(t, { route: {} }), await serve(t, { route: {} })]
  let { port } = first
  const states: ClientModule.ClientState[] = []
  const client = connect(() => `ws://127.0.0.1:${port}/`, {
    ...{ WebSocket, waitFirstMs: 20 },
    onState: (state) => states.push(state),
  })
  t.after(() => client.end())
  await until('it is open', () => client.state.name === 'open')
  port = next.port
  const since = performance.now()
  assert.equal((await within('the drain', first.drain({ windowMs: 0, retryAfterMs: [300, 300] }))).finished, 1)
  await until('it is open again', () => next.ledger().open === 1)
  assert.ok(performance.now() - since >= 300)
  const waiting = states[2]
  assert.ok(waiting?.name === 'waiting')
  assert.deepEqual(waiting.ending, { code: 1012, reason: '{"retryAfterMs":300}' })
  assert.ok(waiting.inMs >= 300 && waiting.inMs <= 320, String(waiting.inMs))
})

test('comes back by itself to a server that was away, and to the same room of a URL with a fresh token', async (t) => {
  const tokens: string[] = []
  const server = await serve(t, {
    route: {
      upgrade: ({ query }) => void tokens.push(query.get('token') ?? ''),
      open: (connection) => void (tokens.length === 1 && connection.kill()),
    },
  })
  let count = 0
  const states: string[] = []
  const client = connect(() => `ws://127.0.0.1:${server.port}/?token=${++count}`, {
    ...{ WebSocket, waitFirstMs: 20 },
    onState: ({ name }) => states.push(name),
  })
  t.after(() => client.end())
  await until('it is there again', () => tokens.length === 2 && client.state.name === 'open')
  assert.deepEqual(tokens, ['1', '2'])
  assert.deepEqual(states.slice(-3), ['waiting', 'connecting', 'open'])
})

test('a refusal is a try that failed; an ending that says stop is the end', async (t) => {
  let refusals = 2
  const server = await serve(t, {
    route: {
      message: (connection) => connection.end({ code: 1008, reason: 'no' }),
    },
  })
  server.use(async (_, next) => {
    const { reject } = await import('../../../src/index.ts')
    if (refusals-- > 0) throw reject(503, 'not now')
    return next()
  })
  const { client, names, states } = follow(t, server.port)
  await until('it is open', () => client.state.name === 'open')
  assert.deepEqual(names, ['connecting', 'waiting', 'connecting', 'waiting', 'connecting', 'open'])
  client.send('x')
  await until('it has stopped', () => client.state.name === 'stopped')
  assert.deepEqual(states.at(-1), { name: 'stopped', ending: { code: 1008, reason: 'no' } })
  await settled(server)
})
