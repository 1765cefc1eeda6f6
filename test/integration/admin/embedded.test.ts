/** The admin port of a server in the same process: what it says of the server, and that it ends with it. */
import assert from 'node:assert/strict'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import { type AdminServer, admin, answer } from '../../../src/ops/index.ts'
import { ask, CHANGE, probe, statusOf } from '../../support/admin-client.ts'
import { deferred, until, within } from '../../support/deadline.ts'
import { openRaw } from '../../support/raw-client.ts'
import { balanced, makeServer, serve } from '../../support/serving.ts'

describe('admin(server)', { concurrency: true }, () => {
  test('says how the server is, with nothing of any client in it', async (t) => {
    const server = await serve(t, { route: { open: (connection) => connection.join('secret room') } })
    const { port, host } = await admin(server, { port: 0 })
    await openRaw(t, server.port, '/?token=in-the-url', { Cookie: 'session=private' })
    assert.equal(host, '127.0.0.1')
    const { status, body } = await ask(port, '/status')
    const said = JSON.parse(body)
    assert.equal(status, 200)
    assert.match(said.holdfast, /^\d+\.\d+\.\d+/)
    assert.deepEqual([said.node, said.pid, said.ready], [process.version, process.pid, true])
    assert.deepEqual([said.connections, said.rooms, said.ledger.open, said.ledger.imbalances], [1, 1, 1, []])
    assert.ok(said.uptimeMs >= 0)
    const id = [...server.connections][0]?.id ?? ''
    for (const secret of ['secret room', 'in-the-url', 'private', '127.0.0.1', id])
      assert.ok(!body.includes(secret), secret)
    // Its sockets are its own: the ledger of the server knows nothing of them.
    await balanced(server)
  })

  test('is ready while the server listens: not before, and not from close() on, but alive until the end', async (t) => {
    const finish = deferred()
    const server = makeServer(t, { route: { message: () => finish.promise }, drainTimeoutMs: 5_000 })
    const { port } = await admin(server, { port: 0 })
    assert.deepEqual(await probe(port, '/readyz'), [503, false, ['starting']])
    await server.listen({ port: 0, host: '127.0.0.1' })
    assert.deepEqual(await probe(port, '/readyz'), [200, true, []])
    const client = await openRaw(t, server.port)
    client.text('work')
    await until('it is at work', () => server.ledger().messagesReceived === 1)
    const closing = server.close()
    assert.deepEqual(await probe(port, '/readyz'), [503, false, ['closing']])
    assert.deepEqual(await probe(port, '/healthz'), [200, true, []])
    finish.resolve()
    await within('the server to close', closing)
    let answered = true
    for (const until = Date.now() + 10_000; answered && Date.now() < until; ) {
      answered = await ask(port, '/healthz').then(
        () => true,
        () => false,
      )
    }
    assert.equal(answered, false, 'the admin port is closed with its server')
  })

  test('knows the HTTP server it is attached to', async (t) => {
    const httpServer = createHttpServer()
    const server = makeServer(t)
    server.attach(httpServer)
    const { port } = await admin(server, { port: 0 })
    assert.equal(await statusOf(port, '/readyz'), 503)
    await new Promise<void>((resolve) => httpServer.listen(0, '127.0.0.1', resolve))
    t.after(() => httpServer.close())
    assert.ok((httpServer.address() as AddressInfo).port > 0)
    assert.equal(await statusOf(port, '/readyz'), 200)
  })

  test("takes routes of one's own, by the same rules", async (t) => {
    const server = await serve(t)
    const routes = [{ method: 'GET', path: '/answer', handler: () => answer.json(42) }] as const
    const { port } = await admin(server, { port: 0, routes })
    assert.equal((await ask(port, '/answer')).body, '42\n')
    assert.equal(await statusOf(port, '/answer', { headers: { Host: 'evil.example' } }), 403)
    const again = [{ method: 'GET', path: '/status', handler: () => answer.json(42) }] as const
    await assert.rejects(admin(server, { port: 0, routes: again }), { code: 'HF_ADMIN_ROUTE' })
  })

  test('close() takes it out of the scope of the server, which lives on', async (t) => {
    const server = await serve(t)
    const opened = await admin(server, { port: 0 })
    assert.deepEqual(
      server.scope.held().map(({ name }) => name),
      ['admin port'],
    )
    await within('it to close', opened.close())
    assert.equal(server.scope.size, 0)
    await assert.rejects(ask(opened.port, '/healthz'), { code: 'ECONNREFUSED' })
    await openRaw(t, server.port).catch(() => null)
    const again = await admin(server, { port: opened.port })
    assert.equal(again.port, opened.port)
    await assert.rejects(admin(server, { port: opened.port }), { code: 'HF_PORT_IN_USE' })
    assert.equal(server.scope.size, 1, 'what could not be opened is not held')
  })

  test('is refused for what is no server, or a closed one', async (t) => {
    const server = await serve(t)
    await server.close()
    await assert.rejects(admin(server, { port: 0 }), { code: 'HF_OPTION_INVALID' })
    await assert.rejects(admin({} as AdminServer), { code: 'HF_OPTION_INVALID' })
  })
})

describe('POST /drain', { concurrency: true }, () => {
  /** Stands for a server with this way to drain. */
  const draining = (drain: () => Promise<unknown>): { server: AdminServer; end(): void } => {
    const releases: (() => unknown)[] = []
    const scope = {
      ended: false,
      defer: (release: () => unknown) => {
        releases.push(release)
        return release as () => void
      },
    }
    const server = { scope, connections: { size: 3 }, roomCount: 0, ready: true, ledger: () => ({}), drain }
    const end = (): void => {
      for (const release of releases) release()
    }
    return { server, end }
  }

  test('drains once asked properly, says how many are left, and ends with the report', async (t) => {
    const report = deferred<unknown>()
    let drains = 0
    const { server, end } = draining(() => {
      drains++
      return report.promise
    })
    t.after(end)
    const { port } = await admin(server, { port: 0 })
    assert.equal(await statusOf(port, '/drain'), 405)
    assert.equal(await statusOf(port, '/drain', { method: 'POST' }), 403)
    assert.equal(drains, 0, 'a request that is refused drains nothing')
    const asked = ask(port, '/drain', { method: 'POST', headers: CHANGE })
    await until('it drains', () => drains === 1)
    report.resolve({ finished: 3 })
    const lines = (await asked).body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.deepEqual(lines[0], { connections: 3 })
    assert.deepEqual(lines.at(-1), { report: { finished: 3 } })
  })

  test('of a real server: not ready at once, every client is told, the report adds up, and the port is still there', async (t) => {
    const finish = deferred()
    t.after(() => finish.resolve())
    const server = await serve(t, {
      route: { message: () => finish.promise },
      drainTimeoutMs: 20_000,
      drainWindowMs: 0,
    })
    const { port } = await admin(server, { port: 0 })
    const [idle, busy] = [await openRaw(t, server.port), await openRaw(t, server.port)]
    busy.text('work')
    await until('it works', () => server.ledger().messagesReceived === 1)
    const asked = ask(port, '/drain', { method: 'POST', headers: CHANGE })
    assert.equal((await idle.closeCode()).code, 1012)
    assert.equal(await statusOf(port, '/readyz'), 503)
    finish.resolve()
    assert.match((await busy.closeCode()).reason, /^\{"retryAfterMs":\d+\}$/)
    for (const client of [idle, busy]) client.destroy()
    const { report } = JSON.parse((await asked).body.trim().split('\n').at(-1) ?? '')
    assert.deepEqual([report.total, report.finished, report.forced], [2, 2, 0])
    assert.equal(await statusOf(port, '/healthz'), 200)
  })

  test('that fails says so', async (t) => {
    const { server, end } = draining(() => Promise.reject(new Error('closed already')))
    t.after(end)
    const { port } = await admin(server, { port: 0 })
    const { body } = await ask(port, '/drain', { method: 'POST', headers: CHANGE })
    assert.match(body, /\{"error":\{"message":"closed already"\}\}\n$/)
  })

  test('is not there for a server that cannot', async (t) => {
    const { server, end } = draining(() => Promise.resolve())
    t.after(end)
    const { port } = await admin({ ...server, drain: undefined as never }, { port: 0 })
    assert.equal(await statusOf(port, '/drain', { method: 'POST', headers: CHANGE }), 404)
  })
})
