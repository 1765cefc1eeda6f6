/**
 * A token that a client sends is nowhere to be seen: a real server is asked with it in headers, in the query and in the path, in messages and in a close
 * reason; then everything that anybody may read is searched. PLACES is the list of these: what is new is added there.
 */
import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type TestContext, test } from 'node:test'
import { inspect } from 'node:util'
import { Timelines } from '../../../src/diagnose/timeline/timelines.ts'
import { reject, type Server } from '../../../src/index.ts'
import { admin } from '../../../src/ops/index.ts'
import { logs } from '../../../src/ops/logs/index.ts'
import { LOG_LEVELS } from '../../../src/ops/logs/log-entry.ts'
import { INTERNALS } from '../../../src/server/internals.ts'
import { ask } from '../../support/admin-client.ts'
import { until } from '../../support/deadline.ts'
import { connectRaw, openRaw, upgradeText } from '../../support/raw-client.ts'
import { makeServer } from '../../support/serving.ts'
import { type Viewer, watch } from '../console/viewer.ts'

const TOKEN = 'tok-5f1e9c2ab7'
/** As it may look when it was decoded or encoded on the way. */
const FORMS = [
  TOKEN,
  encodeURIComponent(`:${TOKEN}`),
  Buffer.from(`user:${TOKEN}`).toString('base64'),
  TOKEN.toUpperCase(),
]

const BASIC = `Basic ${Buffer.from(`user:${TOKEN}`).toString('base64')}`
const HEADERS = {
  Authorization: `Bearer ${TOKEN}`,
  Cookie: `session=${TOKEN}`,
  'Sec-WebSocket-Protocol': `chat, ${TOKEN}`,
  'X-Api-Key': TOKEN,
}

/** Where one looks. Each returns all that is there. */
const PLACES: Readonly<Record<string, (seen: Seen) => string | Promise<string>>> = {
  'lines of the log': ({ lines }) => lines.join(''),
  'lines for people': ({ pretty }) => pretty.join(''),
  warnings: ({ warnings }) => warnings.join('\n'),
  timelines: ({ server, timelines }) =>
    inspect([timelines.list({ limit: 1_000 }), ...idsOf(server, timelines).map((id) => timelines.one(id))], {
      depth: 20,
    }),
  'the ledger': ({ server }) => inspect(server.ledger(), { depth: 20 }),
  '/status': (seen) => told(seen, '/status'),
  '/healthz': (seen) => told(seen, '/healthz'),
  '/readyz': (seen) => told(seen, '/readyz'),
  '/debug/ledger': (seen) => told(seen, '/debug/ledger?kernel=1'),
  '/debug/work': (seen) => told(seen, '/debug/work'),
  '/debug/connections': (seen) => told(seen, '/debug/connections?limit=1000'),
  '/debug/connections/:id': async (seen) => {
    const ids = idsOf(seen.server, seen.timelines)
    return (await Promise.all(ids.map((id) => told(seen, `/debug/connections/${id}`)))).join('')
  },
  '/debug/census': (seen) => told(seen, '/debug/census?gc=1'),
  '/debug/memory': (seen) => told(seen, '/debug/memory'),
  '/debug/pprof/tasks': (seen) => told(seen, '/debug/pprof/tasks'),
  '/debug/look': (seen) => told(seen, '/debug/look'),
  '/metrics': (seen) => told(seen, '/metrics'),
  '/metrics, as JSON': (seen) => told(seen, '/metrics?format=json'),
  'the page of the console': (seen) => told(seen, '/'),
  'what the console is told': ({ live }) => live.texts.join(''),
}
/** Words of the event that an application hears may be the client's, as docs say; what happens to them is its own affair. */
const WORDS_OF_CLIENTS: Readonly<Record<string, readonly string[]>> = {
  refused: ['path', 'reason'],
  failed: ['path'],
  limit: ['path', 'address'],
  close: ['ending'],
}

interface Seen {
  readonly server: Server
  readonly port: number
  readonly timelines: Timelines
  readonly lines: string[]
  readonly pretty: string[]
  readonly warnings: string[]
  /** Has watched from the beginning. */
  readonly live: Viewer
}

async function told({ port }: Seen, path: string): Promise<string> {
  const { status, body } = await ask(port, path)
  assert.ok(status === 200 || status === 503, `${path}: ${status} ${body}`)
  return body
}

function idsOf(server: Server, timelines: Timelines): string[] {
  const { ended } = timelines.list({ limit: 1_000 })
  return [...[...server.connections].map(({ id }) => id), ...ended.map(({ id }) => id)]
}

function found(text: string): string[] {
  return FORMS.filter((form) => text.includes(form))
}

async function visited(t: TestContext): Promise<Seen & { readonly events: [string, Record<string, unknown>][] }> {
  const server = makeServer(t, { roomsMax: 1 })
  server.route('/chat/:room', {
    protocols: ['chat'],
    upgrade: ({ headers }) => ({ user: headers.get('authorization') }),
    user: (connection) => String((connection.data as { user: string }).user),
    open(connection) {
      connection.join(connection.params.room ?? '')
      connection.join(`${TOKEN} again`)
    },
    message: (_, message) => void JSON.parse(String(message)),
  })
  server.route('/denied/:token', {
    upgrade: ({ query }) => {
      throw reject(401, `not with ${query.get('token')}`)
    },
  })
  const lines: string[] = []
  const pretty: string[] = []
  const warnings: string[] = []
  const events: [string, Record<string, unknown>][] = []
  const all = { level: LOG_LEVELS[0], repeatsMax: 1_000 } as const
  logs(server, { ...all, to: { write: (line) => lines.push(line) } })
  logs(server, { ...all, pretty: true, to: { write: (line) => pretty.push(line) } })
  const onWarning = (warning: Error): void => void warnings.push(String(warning.stack))
  process.on('warning', onWarning)
  for (const name of ['open', 'close', 'refused', 'failed', 'limit', 'violation', 'drop', 'discard'] as const) {
    const listener = (payload: unknown): void => void events.push([name, payload as Record<string, unknown>])
    subscribe(`holdfast:${name}`, listener)
    t.after(() => unsubscribe(`holdfast:${name}`, listener))
  }
  const timelines = new Timelines(server[INTERNALS])
  t.after(() => {
    process.off('warning', onWarning)
    timelines.end()
  })
  await server.listen({ port: 0, host: '127.0.0.1' })
  const { port } = await admin(server, { port: 0 })
  const live = await watch(t, port)

  const path = `/chat/${TOKEN}?token=${TOKEN}&access_token=${encodeURIComponent(`:${TOKEN}`)}`
  const stays = await openRaw(t, server.port, path, HEADERS)
  stays.text('{}')
  const fails = await openRaw(t, server.port, path, { ...HEADERS, Authorization: BASIC })
  fails.text(`${TOKEN} is not JSON`)
  const says = await openRaw(t, server.port, path, HEADERS)
  says.closeFrame(4_001, TOKEN)
  const breaks = await openRaw(t, server.port, path, HEADERS)
  breaks.frame({ opcode: 3, payload: TOKEN })
  for (const [asked, headers] of [
    [`/nowhere/${TOKEN}?token=${TOKEN}`, HEADERS],
    [`/denied/${TOKEN}?token=${TOKEN}`, HEADERS],
    [path, { ...HEADERS, Origin: `https://${TOKEN}.example` }],
    [path, { ...HEADERS, 'Sec-WebSocket-Protocol': TOKEN }],
    [path, { ...HEADERS, 'Sec-WebSocket-Version': TOKEN }],
    [path, { ...HEADERS, 'Sec-WebSocket-Key': TOKEN }],
    [path, { ...HEADERS, Upgrade: TOKEN }],
  ] as const) {
    const client = await connectRaw(t, server.port)
    client.write(upgradeText(asked, headers))
    if (headers !== HEADERS && 'Upgrade' in headers)
      await until('it is over', () => client.ended || client.received.length > 0)
    else assert.ok((await client.answer()).status >= 400, asked)
  }
  await until('three are closed', () => server.ledger().closed === 3)
  const { length } = live.looks
  await until('the console was told of it', () => live.looks.length > length + 1)
  return { server, port, timelines, lines, pretty, warnings, live, events }
}

test('a token in a header, a URL, a message or a close reason appears nowhere', async (t) => {
  const seen = await visited(t)
  // Otherwise there would be nothing to find.
  assert.equal(seen.server.connections.size, 1)
  const actions = new Set(seen.lines.map((line) => JSON.parse(line)['event.action']))
  for (const action of ['open', 'close', 'refused', 'error', 'violation', 'limit', 'revoked'])
    assert.ok(actions.has(action), action)
  assert.ok(seen.pretty.length === seen.lines.length)
  for (const [place, look] of Object.entries(PLACES)) {
    const text = await look(seen)
    assert.deepEqual(found(text), [], `${place}: ${text.slice(0, 2_000)}`)
    if (place !== 'warnings') assert.ok(text.length > 20, `${place} has something to be searched`)
  }
})

test('of what an application hears, only what is said to be the words of a client has them', async (t) => {
  const { events } = await visited(t)
  const carrying = new Set<string>()
  for (const [name, payload] of events) {
    for (const [field, value] of Object.entries(payload)) {
      // A connection is the application's own.
      if (field === 'connection' || found(inspect(value, { depth: 10 })).length === 0) continue
      carrying.add(`${name}.${field}`)
      assert.ok(WORDS_OF_CLIENTS[name]?.includes(field), `${name}.${field}: ${inspect(value)}`)
    }
  }
  assert.ok(carrying.has('refused.path') && carrying.has('close.ending'), 'negative control: it can be found')
})

test('negative control: a log that says what it should not is found', async (t) => {
  const server = makeServer(t)
  server.route('/:token', {
    message() {
      throw new Error(`the words of an application: ${TOKEN}`)
    },
  })
  const lines: string[] = []
  logs(server, { to: { write: (line) => lines.push(line) } })
  await server.listen({ port: 0, host: '127.0.0.1' })
  const client = await openRaw(t, server.port, `/${TOKEN}`)
  client.text('x')
  await until('it is closed', () => server.ledger().closed === 1)
  assert.deepEqual(found(lines.join('')), [TOKEN])
  assert.deepEqual(found(`Authorization: ${BASIC}`), [FORMS[2]])
})
