/** `/debug/…` of the admin port of a server: the ledger and the work, as asked for over HTTP. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { WorkReport } from '../../../src/diagnose/work/work.ts'
import { admin } from '../../../src/ops/index.ts'
import { ask, statusOf } from '../../support/admin-client.ts'
import { until } from '../../support/deadline.ts'
import { openRaw } from '../../support/raw-client.ts'
import { serve } from '../../support/serving.ts'

test('/debug/work names what a leaking route holds, and nothing of any client', async (t) => {
  const server = await serve(t, {
    route: {
      upgrade: () => ({ name: 'of a client' }),
      open(connection) {
        connection.join('secret room')
        connection.scope.every(60_000, () => {}, 'poll prices')
      },
    },
  })
  const { port } = await admin(server, { port: 0 })
  await openRaw(t, server.port, '/?token=in-the-url', { Cookie: 'session=private' })
  await until('it is open', () => server.ledger().openHooks === 1)
  const { status, body } = await ask(port, '/debug/work')
  assert.equal(status, 200)
  const { held, running } = JSON.parse(body) as WorkReport
  const [poll, ...more] = held.filter(({ route }) => route === '/')
  assert.deepEqual([poll?.kind, poll?.name, poll?.count, more, running], ['timer', 'poll prices', 1, [], []])
  assert.match(poll?.lines[0]?.file ?? '', /debug-routes\.test\.ts$/)
  for (const secret of ['of a client', 'secret room', 'in-the-url', 'private'])
    assert.ok(!body.includes(secret), secret)
})

test('/debug/ledger is the ledger; with kernel=1 what the kernel says too', async (t) => {
  const server = await serve(t, { route: {} })
  const { port } = await admin(server, { port: 0 })
  await openRaw(t, server.port)
  const ledger = JSON.parse((await ask(port, '/debug/ledger')).body)
  assert.deepEqual([ledger.open, ledger.imbalances, ledger.kernel], [1, [], undefined])
  const { kernel } = JSON.parse((await ask(port, '/debug/ledger?kernel=1')).body)
  assert.deepEqual([kernel.supported, kernel.imbalances], [process.platform === 'linux', []])
})

test('/debug/memory: accounts that add up to the RSS of this very process, and a sentence', async (t) => {
  const server = await serve(t, { route: {} })
  const { port } = await admin(server, { port: 0 })
  const { rssBytes, accounts, verdict, lastHour } = JSON.parse((await ask(port, '/debug/memory')).body)
  const sum = Object.values<number>(accounts).reduce((total, bytes) => total + bytes, 0)
  assert.deepEqual([sum, lastHour], [rssBytes, []])
  assert.ok(Math.abs(rssBytes - process.memoryUsage().rss) < 32 * 2 ** 20)
  assert.match(verdict, /\w+/)
})

test('/debug/census: connections kept in a map are found, with their route; announced on the channel', async (t) => {
  const kept = new Map<string, unknown>()
  const server = await serve(t, { route: { open: (connection) => void kept.set(connection.id, connection) } })
  server.route('/good', {})
  const { port } = await admin(server, { port: 0 })
  const before = JSON.parse((await ask(port, '/debug/census')).body)
  assert.deepEqual([before.report, before.watchedNow], [null, 0])
  for (const path of ['/', '/good']) {
    const clients = await Promise.all(Array.from({ length: 5 }, () => openRaw(t, server.port, path)))
    for (const client of clients) client.destroy()
  }
  await until('all have gone', () => server.connections.size === 0 && server.ledger().closed === 10)
  const { report, estimateMs } = JSON.parse((await ask(port, '/debug/census?gc=1')).body)
  const connections = report.retained.filter(({ kind }: { kind: string }) => kind === 'connection')
  assert.deepEqual(
    connections.map(({ route, count }: { route: string; count: number }) => [route, count]),
    [['/', 5]],
  )
  assert.ok(estimateMs >= 0)
  for (const id of kept.keys()) assert.ok(!JSON.stringify(report).includes(id))
})

test('with the port, looking ends: nothing is noted any more', async (t) => {
  const server = await serve(t, { route: { open: (connection) => void connection.scope.defer(() => {}, 'late') } })
  const first = await admin(server, { port: 0 })
  await first.close()
  await openRaw(t, server.port)
  const { port } = await admin(server, { port: 0 })
  const [late] = (JSON.parse((await ask(port, '/debug/work')).body) as WorkReport).held.filter(
    ({ route }) => route === '/',
  )
  assert.deepEqual([late?.name, late?.lines], ['late', []])
  // A port with a route that cannot be does not go on looking either.
  await assert.rejects(
    admin(server, { port: 0, routes: [{ method: 'GET', path: 'no slash', handler: () => never() }] }),
  )
  assert.equal(await statusOf(port, '/debug/work'), 200)
})

test('expectReleased(): what stays is in the census by name, and announced as a leak with a sentence; what goes is not', async (t) => {
  const server = await serve(t, { route: {} })
  server.expectReleased({}, 'nobody looks yet')
  const { port } = await admin(server, { port: 0, census: { everyMs: 0, patienceMs: 0, objectThreshold: 1 } })
  const leaks: { kind: string; route: string; count: number; sentence: string }[] = []
  server.on('leak', (leak) => leaks.push(leak))
  const kept = Array.from({ length: 4 }, (_, number) => ({ number }))
  for (const session of kept) server.expectReleased(session, 'session')
  for (let count = 0; count < 4; count++) server.expectReleased({ count }, 'let go')
  const few = [{ few: 1 }, { few: 2 }, { few: 3 }]
  for (const one of few) server.expectReleased(one, 'few', { atMost: 3 })
  await settle()
  const { report } = JSON.parse((await ask(port, '/debug/census?gc=1')).body)
  assert.deepEqual(
    report.retained.map(({ kind, route, count }: (typeof leaks)[0]) => [kind, route, count]),
    [
      ['object', 'session', kept.length],
      ['object', 'few', few.length],
    ],
  )
  assert.deepEqual([leaks.length, leaks[0]?.kind, leaks[0]?.route, leaks[0]?.count], [1, 'object', 'session', 4])
  assert.match(leaks[0]?.sentence ?? '', /^4 × "session", expected to be released, .*can still be reached/)
  // It is announced once.
  await ask(port, '/debug/census?gc=1')
  assert.equal(leaks.length, 1)
  for (const wrong of [
    [1, 'a number'],
    [{}, ''],
    [{}, 'x', { atMost: -1 }],
    [{}, 'x', { atmost: 1 }],
    [{}, 'x', null],
  ]) {
    assert.throws(() => server.expectReleased(...(wrong as [object, string])), {
      code: /^HF_OPTION_(INVALID|UNKNOWN)$/,
    })
  }
  await assert.rejects(admin(server, { port: 0, census: { patienceMs: -1 } }), { code: 'HF_OPTION_INVALID' })
})

test('two ports of one server: both see what is there, a leak is announced once, and the first sees on when the second has closed', async (t) => {
  const kept: unknown[] = []
  const server = await serve(t, { route: { open: (connection) => void connection.scope.defer(() => {}, 'late') } })
  const leaks: string[] = []
  server.on('leak', ({ route, count }) => leaks.push(`${count} ${route}`))
  const census = { everyMs: 0, patienceMs: 0, objectThreshold: 1 }
  const ports = [await admin(server, { port: 0, census }), await admin(server, { port: 0, census })] as const
  const keep = (name: string): void => {
    for (let count = 0; count < 3; count++) {
      const object = { name }
      kept.push(object)
      server.expectReleased(object, name)
    }
  }
  keep('before')
  await settle()
  for (const { port } of ports) {
    const { report } = JSON.parse((await ask(port, '/debug/census?gc=1')).body)
    assert.equal(report.leaks.length, 1)
  }
  assert.deepEqual(leaks, ['3 before'])
  await ports[1].close()
  keep('after')
  await openRaw(t, server.port)
  await until('it is open', () => server.ledger().openHooks === 1)
  await settle()
  await ask(ports[0].port, '/debug/census?gc=1')
  assert.deepEqual(leaks, ['3 before', '3 after'])
  const { held } = JSON.parse((await ask(ports[0].port, '/debug/work')).body) as WorkReport
  assert.equal(held.find(({ name }) => name === 'late')?.lines.length, 1)
  assert.equal(kept.length, 6)
})

/** A WeakRef made in a job keeps its target until the job ends. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function never(): never {
  throw new Error('not asked')
}
