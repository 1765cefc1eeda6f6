/** `/debug/connections` of the admin port: what happened to real connections, and why they ended, as asked for over HTTP. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import {
  type ConnectionLine,
  type ConnectionList,
  type ConnectionReport,
  Timelines,
} from '../../../src/diagnose/timeline/timelines.ts'
import type { Server } from '../../../src/index.ts'
import { admin } from '../../../src/ops/index.ts'
import { INTERNALS } from '../../../src/server/internals.ts'
import { ask } from '../../support/admin-client.ts'
import { turn, until, within } from '../../support/deadline.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { movers } from '../../support/moving.ts'
import { openRaw } from '../../support/raw-client.ts'
import { onlyConnection, type Setup, serve } from '../../support/serving.ts'

interface Port {
  readonly port: number
}

async function watched(t: TestContext, setup: Setup<undefined> = {}): Promise<{ server: Server; at: Port }> {
  const server = await serve(t, { route: {}, ...setup })
  server.on('error', () => {})
  return { server, at: await admin(server, { port: 0 }) }
}

async function list({ port }: Port, query = ''): Promise<ConnectionList> {
  const { status, body } = await ask(port, `/debug/connections${query}`)
  assert.equal(status, 200, body)
  return JSON.parse(body) as ConnectionList
}

async function one({ port }: Port, id: string): Promise<ConnectionReport> {
  const { status, body } = await ask(port, `/debug/connections/${encodeURIComponent(id)}`)
  assert.equal(status, 200, body)
  return JSON.parse(body) as ConnectionReport
}

/** The last that ended, when it has. */
async function lastEnded(at: Port): Promise<ConnectionLine> {
  let ended: readonly ConnectionLine[] = []
  await eventually('it has ended', async () => {
    ended = (await list(at)).ended
    return ended.length > 0
  })
  return ended[0]!
}

/** Asks until the answer is yes. */
async function eventually(what: string, look: () => Promise<boolean>): Promise<void> {
  const asking = async (): Promise<void> => {
    while (!(await look())) await turn()
  }
  await within(what, asking())
}

const brief = ({ timeline }: ConnectionReport): string[] =>
  timeline.map(({ what, detail }) => (detail === undefined ? what : `${what} ${detail}`))

test('an open one: numbers and times; one by one with its timeline', async (t) => {
  const { server, at } = await watched(t, {
    route: { message: (connection, message) => void connection.send(message) },
  })
  const client = await openRaw(t, server.port)
  client.text('hello')
  await client.nextTexts(1)
  const { counts, present } = await list(at)
  assert.deepEqual([counts.present, counts.byState, counts.byRoute, counts.ended], [1, { open: 1 }, { '/': 1 }, 0])
  const [line] = present
  assert.deepEqual([line?.route, line?.state, line?.messagesReceived, line?.messagesSent], ['/', 'open', 1, 1])
  assert.deepEqual([line?.ending, line?.pings, line?.running, line?.readingPaused], [null, null, null, false])
  assert.ok(Math.abs(Date.parse(line!.openedAt) + line!.ageMs - Date.now()) < 60_000)
  const report = await one(at, line!.id)
  assert.deepEqual(brief(report), ['first message in', 'first message out'])
  assert.equal((await ask(at.port, '/debug/connections/nobody')).status, 404)
})

test('the peer resets', async (t) => {
  const { server, at } = await watched(t)
  const client = await openRaw(t, server.port)
  await onlyConnection(server)
  client.socket.resetAndDestroy()
  const { id, ending, state } = await lastEnded(at)
  assert.deepEqual(
    [state, ending?.cause, ending?.code, ending?.by, ending?.clean],
    [...['closed', 'peer reset', 1006, 'network', false]],
  )
  assert.match(ending!.text, /ECONNRESET/)
  assert.deepEqual(brief(await one(at, id)), ['ending network'])
})

test('the peer closes: its code is told, its reason is not', async (t) => {
  const { server, at } = await watched(t)
  const client = await openRaw(t, server.port)
  client.closeFrame(4001, 'i am bob')
  const { ending } = await lastEnded(at)
  assert.deepEqual(ending, {
    ...{ cause: 'peer closed', code: 4001, by: 'peer', clean: true },
    text: 'the client closed with 4001',
  })
  assert.ok(!(await ask(at.port, '/debug/connections')).body.includes('bob'))
})

test('no pong: half-open, after how long, and how pings went before', async (t) => {
  const clock = new ManualClock(1_000)
  const server = await serve(t, {
    route: {},
    idleTimeoutMs: 20_000,
    keepaliveIntervalMs: 5_000,
    surroundings: { clock },
  })
  const at = await admin(server, { port: 0 })
  const client = await openRaw(t, server.port)
  const pings = (): number => client.frames.filter(({ opcode }) => opcode === 9).length
  await onlyConnection(server)
  clock.advance(5_200)
  await until('a ping', () => pings() === 1)
  clock.advance(100)
  client.frame({ opcode: 10 })
  await eventually('its answer', async () => (await list(at)).present[0]?.pings?.answered === 1)
  const [line] = (await list(at)).present
  assert.ok(line!.pings!.lastMs >= 100 && line!.pings!.lastMs < 500, String(line!.pings!.lastMs))
  // It answers no more.
  for (let step = 0; step < 100 && server.connections.size > 0; step++) {
    clock.advance(500)
    await turn()
  }
  const { id, ending, pings: last } = await lastEnded(at)
  assert.deepEqual([ending?.cause, ending?.code, ending?.by], ['no pong', 1006, 'network'])
  assert.match(ending!.text, /^half-open: nothing was heard for 2\d\.\d s/)
  assert.ok(last!.unansweredMs! > 10_000)
  assert.deepEqual(brief(await one(at, id)), ['ending server'])
})

test('a limit, a rule of the protocol, a handler that throws, one that is overdue', async (t) => {
  const { server, at } = await watched(t, {
    ...{ messageBytesMax: 1_000, handlerTimeoutMs: 30, closeTimeoutMs: 200 },
    route: {
      message(_, message) {
        if (message.toString() === 'throw') throw new Error('secret of bob')
        return message.toString() === 'wait' ? new Promise(() => {}) : undefined
      },
    },
  })
  const seen = async (act: (client: Awaited<ReturnType<typeof openRaw>>) => void) => {
    const before = (await list(at)).counts.ended
    const client = await openRaw(t, server.port)
    act(client)
    await eventually('it has ended', async () => (await list(at)).counts.ended === before + 1)
    client.destroy()
    const { id, ending } = await lastEnded(at)
    return [ending?.cause, ending?.text, brief(await one(at, id))]
  }
  assert.deepEqual(await seen((client) => client.frame({ opcode: 2, payload: Buffer.alloc(2_000) })), [
    'limit',
    'our limit messageBytesMax: message over messageBytesMax, so 1009 (message too big)',
    ['protocol violation', 'ending server'],
  ])
  assert.deepEqual(await seen((client) => client.frame({ opcode: 1, payload: 'x', mask: null })), [
    'protocol error',
    'the client broke a rule: frame from a client is not masked (RFC 6455 section 5.1)',
    ['protocol violation', 'ending server'],
  ])
  assert.deepEqual(await seen((client) => client.text('throw')), [
    'handler failed',
    'its handler message threw',
    ['first message in', 'handler failed message', 'ending server'],
  ])
  assert.deepEqual(await seen((client) => client.text('wait')), [
    'handler overdue',
    'its handler message did not finish within handlerTimeoutMs',
    ['first message in', 'handler overdue message', 'ending server'],
  ])
  const { endedByCause } = (await list(at)).counts
  assert.deepEqual(endedByCause, { 'handler overdue': 1, 'handler failed': 1, 'protocol error': 1, limit: 1 })
})

test('a queue that is full, and a reader that is slow', async (t) => {
  const release: (() => void)[] = []
  const { server, at } = await watched(t, {
    ...{ handlerQueueMax: 4, outboxBytesMax: 256 * 1024 },
    route: { slow: 'drop-newest', message: () => new Promise<void>((resolve) => release.push(resolve)) },
  })
  const client = await openRaw(t, server.port)
  const connection = await onlyConnection(server)
  for (let count = 0; count < 10; count++) client.text('x')
  await eventually('reading has paused', async () => (await list(at)).present[0]?.readingPaused === true)
  await until('all are handled', () => {
    release.shift()?.()
    return connection.messagesReceived === 10 && release.length === 0
  })
  client.socket.pause()
  await until('one is dropped', () => connection.send('x'.repeat(64 * 1024)) === 'dropped')
  client.socket.resume()
  await until('it has caught up', () => connection.bufferedBytes === 0)
  await eventually('that is noted', async () => brief(await one(at, connection.id)).at(-1) === 'caught up')
  const lines = brief(await one(at, connection.id))
  assert.deepEqual(lines.slice(0, 3), ['first message in', 'reading paused', 'reading resumed'])
  assert.deepEqual(lines.filter((line) => !line.startsWith('reading')).slice(-3), [
    ...['slow reader', 'dropped drop-newest', 'caught up'],
  ])
})

test('drained, closed by the application, killed, closed with the server', async (t) => {
  const { server, at } = await watched(t)
  const seen = async (): Promise<unknown> => {
    const { id, ending } = await lastEnded(at)
    return [ending?.cause, ending?.code, brief(await one(at, id))]
  }
  await openRaw(t, server.port)
  ;(await onlyConnection(server)).kill()
  await until('it is gone', () => server.connections.size === 0)
  assert.deepEqual(await seen(), ['killed', 1006, ['end called kill', 'ending server']])
  await openRaw(t, server.port)
  ;(await onlyConnection(server)).end({ code: 4100, reason: 'bob is banned' })
  await until('it is gone', () => server.connections.size === 0)
  assert.deepEqual(await seen(), ['application', 4100, ['end called end', 'ending server']])
  await openRaw(t, server.port)
  await onlyConnection(server)
  await server.drain({ windowMs: 0 })
  assert.deepEqual(await seen(), ['drained', 1012, ['draining server', 'ending server']])
  assert.ok(!(await ask(at.port, '/debug/connections')).body.includes('bob'))
})

test('a move: the old side says where it went, the new side has all of it', async (t) => {
  const pair = await movers(t, { route: { message: (connection, message) => void connection.send(message) } })
  const [old, next] = [await admin(pair.from, { port: 0 }), await admin(pair.to, { port: 0 })]
  const client = await openRaw(t, pair.from.port)
  client.text('one')
  await client.nextTexts(1)
  const there = await pair.move(await onlyConnection(pair.from))
  const left = await one(old, there.id)
  assert.deepEqual([left.state, left.ending?.cause, left.ending?.code], ['moved', 'moved', null])
  const before = ['first message in', 'first message out', 'frozen']
  assert.deepEqual(brief(left), [...before, 'moving away', 'moved away answered'])
  const here = await one(next, there.id)
  assert.deepEqual([here.state, here.openedAt, here.messagesReceived], ['open', left.openedAt, 1])
  assert.deepEqual(brief(here), [...before, 'moved here'])
  const times = here.timeline.map(({ atMs }) => atMs as number)
  assert.deepEqual(
    times,
    [...times].sort((a, b) => a - b),
  )
  // And back: the one that is open counts, not what had ended.
  const back = await pair.reversed.move(there)
  assert.deepEqual([(await one(old, back.id)).state, (await one(next, back.id)).state], ['open', 'moved'])
  assert.deepEqual((await list(old, '?state=moved')).counts.matching, { present: 0, ended: 1 })
})

test('a move that is refused: served again', async (t) => {
  const pair = await movers(t)
  const at = await admin(pair.from, { port: 0 })
  await openRaw(t, pair.from.port)
  const connection = await onlyConnection(pair.from)
  const frozen = await pair.freeze(connection)
  await pair.depart(frozen)
  assert.equal((await one(at, connection.id)).state, 'moving')
  frozen.refused()
  assert.deepEqual(brief(await one(at, connection.id)), ['frozen', 'moving away', 'served again', 'reading resumed'])
})

test('asked for by route, state and number; what cannot be asked for is refused', async (t) => {
  const { server, at } = await watched(t)
  server.route('/other/:name', {})
  const ids: string[] = []
  server.on('open', ({ connection }) => ids.push(connection.id))
  for (const path of ['/', '/other/bob', '/', '/other/eve']) {
    await openRaw(t, server.port, path)
    await turn()
  }
  await until('all are open', () => ids.length === 4)
  const idsOf = async (query: string): Promise<string[]> => (await list(at, query)).present.map(({ id }) => id)
  assert.deepEqual(await idsOf(''), [...ids].reverse())
  assert.deepEqual(await idsOf('?limit=2'), [ids[3], ids[2]])
  assert.deepEqual(await idsOf('?limit=3'), [ids[3], ids[2], ids[1]])
  assert.deepEqual(await idsOf(`?route=${encodeURIComponent('/other/:name')}`), [ids[3], ids[1]])
  assert.deepEqual(await idsOf('?route=/&limit=1&state=open'), [ids[2]])
  assert.deepEqual(await idsOf('?state=closing'), [])
  const { counts } = await list(at, '?route=/&limit=1')
  assert.deepEqual([counts.present, counts.matching.present], [4, 2])
  for (const query of ['?limit=0', '?limit=1001', '?limit=many', '?limit=-1', '?state=asleep']) {
    assert.equal((await ask(at.port, `/debug/connections${query}`)).status, 400, query)
  }
})

test('nothing personal is in any answer', async (t) => {
  const { server, at } = await watched(t, {
    route: {
      upgrade: () => ({ name: 'of a client' }) as never,
      user: () => 'user bob',
      open: (connection) => void connection.join('secret room'),
      message: () => {
        throw new Error('what a handler says')
      },
    },
  })
  const client = await openRaw(t, server.port, '/?token=in-the-url', { Cookie: 'session=private' })
  const { id } = await onlyConnection(server)
  const open = (await ask(at.port, '/debug/connections')).body + (await ask(at.port, `/debug/connections/${id}`)).body
  client.text('my words')
  await lastEnded(at)
  const ended = (await ask(at.port, '/debug/connections')).body + (await ask(at.port, `/debug/connections/${id}`)).body
  for (const secret of [
    ...['of a client', 'user bob', 'secret room', 'what a handler says', 'in-the-url', 'private', 'my words'],
    '127.0.0.1',
  ]) {
    assert.ok(!open.includes(secret), secret)
    assert.ok(!ended.includes(secret), secret)
  }
})

test('of those that ended so many are kept, and none when nobody looks any more', async (t) => {
  const server = await serve(t, { route: {} })
  const timelines = new Timelines(server[INTERNALS], 5)
  const ids: string[] = []
  server.on('close', ({ connection }) => ids.push(connection.id))
  for (let count = 1; count <= 8; count++) {
    ;(await openRaw(t, server.port)).destroy()
    await until('it is gone', () => ids.length === count)
  }
  const { counts, ended } = timelines.list({ limit: 100 })
  assert.deepEqual([counts.ended, counts.endedKept], [8, 5])
  assert.deepEqual(
    ended.map(({ id }) => id),
    ids.slice(-5).reverse(),
  )
  assert.deepEqual([timelines.one(ids[0]!), timelines.one(ids[7]!)?.state], [null, 'closed'])
  timelines.end()
  ;(await openRaw(t, server.port)).destroy()
  await until('it is gone', () => ids.length === 9)
  assert.deepEqual(timelines.list({ limit: 100 }).ended, [])
})
